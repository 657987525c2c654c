"""The cost of reading against Tesseract: the same fields of the same documents on both sides."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lockbox.proving import report, speed, tesseract
from lockbox.proving.speed import Bout, Duel, Scaling
from lockbox.simulator.draw import draw_front
from lockbox.simulator.papers import LetterPaper, Paper, ScanManner
from lockbox.simulator.scan import scan
from ocr.image.prepare import Gray
from tests.builders.papers import check, coupon


def sides(paper: Paper) -> speed.Sides:
    return scan(draw_front(paper, 7), ScanManner(), 7), None


@pytest.mark.thorough
def test_both_read_the_same_fields_of_the_same_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []

    def read(gray: Gray, _: str) -> str:
        seen.append((gray.shape[0], gray.shape[1]))
        return ""

    monkeypatch.setattr(tesseract, "is_installed", lambda: True)
    monkeypatch.setattr(tesseract, "read", read)
    blank = io.BytesIO()
    Image.fromarray(np.full((700, 1500), 250, np.uint8)).save(blank, "PNG")
    letter = sides(LetterPaper(("Re: account 4071938212", "I have moved."), by_hand=False))
    duel = speed.duel([sides(check()), (blank.getvalue(), None), letter, sides(coupon())])
    assert duel is not None
    assert [bout.kind for bout in duel.bouts] == ["check", "letter", "coupon"]  # on the blank one neither reads a thing
    assert [bout.fields for bout in duel.bouts][1:] == [1, 1]  # the whole page; of the coupon no barcode
    assert duel.bouts[0].fields in (6, 7)  # MICR line, figures, words, date, payee, payer, number: no signature
    assert len(seen) == sum(bout.fields for bout in duel.bouts)
    assert (2200, 1700) in seen
    assert all(bout.ours_s > 0 for bout in duel.bouts)


def test_the_spread_shows_how_much_depends_on_the_documents() -> None:
    alike = Duel((Bout("check", 6, 0.1, 1.0),) * 40)
    assert alike.spread == pytest.approx((10.0, 10.0))
    mixed = Duel((*alike.bouts, *((Bout("letter", 1, 1.0, 0.5),) * 4)))
    low, high = mixed.spread
    assert mixed.times_as_fast == pytest.approx(42 / 8)
    assert low < 42 / 8 < high
    assert {kind: part.times_as_fast for kind, part in mixed.by_kind().items()} == pytest.approx(
        {"check": 10.0, "letter": 0.5}
    )
    text = report.times([], [(90.0, 0), (110.0, 2)], mixed, Scaling(4, 10.0, 19.0), "memory")
    assert "5.2 times" in text
    assert "check 10.0 (40), letter 0.5 (4)" in text
