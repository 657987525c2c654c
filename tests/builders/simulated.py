"""A simulated lender: its mail terms, its portfolio on the day before, and sheets to draw on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from random import Random
from typing import Any

import numpy as np
from PIL import Image

from lockbox.contract.master import Master
from lockbox.settings import ROOT
from lockbox.simulator.debts import Debts, Owed
from lockbox.simulator.lender_terms import Terms, terms_of
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.payment import Check, CheckWriter
from lockbox.simulator.portfolio import make_portfolio
from lockbox.simulator.scenarios import EXACT, STORIES, Story
from lockbox.simulator.sheet import Sheet
from ocr.reading import CheckKind

SEED = 7
DAY = date(2026, 11, 16)


@cache
def terms() -> Terms:
    """What the reference profile says about mail."""
    return terms_of(ROOT / "profiles" / "reference.toml")


@cache
def portfolio(contracts: int = 2000) -> Master:
    """The contracts as they stand on the eve of the day."""
    return make_portfolio(SEED, DAY - timedelta(days=1), b"k" * 32, contracts=contracts)


def debts(day: date = DAY, envelopes: int = 100) -> Debts:
    """The queue of a day."""
    return Debts(portfolio(), SEED, day, envelopes, terms())


def story(name: str) -> Story:
    """The story of that name."""
    return next((story for story in STORIES if story.name == name), EXACT)


def written_check(name: str = "exact", kind: CheckKind = CheckKind.PERSONAL, seed: int = 1) -> tuple[Check, Owed]:
    """A check of a story, its account number written on it, and what was owed."""
    kind_of_mail = story(name)
    owed = debts().next(kind_of_mail.contract, firm=kind is CheckKind.BUSINESS)
    assert owed
    writer = CheckWriter(SEED, DAY, terms(), Random(seed))
    return writer.check(kind_of_mail, owed, kind, number_on_check=True), owed


def blank(width_px: int = 1400, height_px: int = 200) -> Sheet:
    """White paper."""
    return Sheet(np.full((height_px, width_px), 255, np.uint8))


def ink(image: Image.Image, box: tuple[int, int, int, int] | None = None, under: int = 110) -> float:
    """Share of dark pixels in a box (left, top, right, bottom), or on the whole sheet."""
    return float((np.asarray(image.crop(box) if box else image) < under).mean())


def ink_columns(sheet: Sheet, under: int = 150) -> list[int]:
    """Columns of a sheet that carry ink."""
    return [int(x) for x in np.flatnonzero((np.asarray(sheet.image) < under).any(0))]


def ink_rows(sheet: Sheet) -> list[int]:
    """Rows of a sheet that carry ink."""
    return [int(y) for y in np.flatnonzero((np.asarray(sheet.image) < 150).any(1))]


def reversed_text(paper: CheckPaper, field: str) -> CheckPaper:
    """The check with the text of one field written backward."""
    text: Any = getattr(paper, field)[::-1]
    return replace(paper, **{field: text})


def texts(paper: CheckPaper) -> dict[str, str]:
    """What the payer's side of a check says, by field."""
    names = ("payee", "courtesy_text", "legal_text", "date_text", "memo_text", "signer")
    return {name: value for name in names if (value := getattr(paper, name))}
