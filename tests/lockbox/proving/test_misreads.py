"""Every misread becomes a picture with its truth below."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image

from lockbox.proving import misreads, real_sets
from lockbox.proving.curve import Judged
from lockbox.proving.drawn_mail import JudgedItem, Payment, TimedReading, read_sides
from lockbox.proving.judging import judge
from lockbox.simulator.inbox import render
from lockbox.simulator.truth import TrueLine, Verdict
from ocr.reading import Box, Candidate, DocumentKind, Field, FieldReading, Reading
from tests.builders.drawn import DOCUMENT, TRUTH

BOX = Box(900, 200, 200, 60)


def item(amount: str, chance: float) -> JudgedItem:
    """A check of 412.50 whose figures were read as this amount."""
    figures = FieldReading(Field.COURTESY_AMOUNT, (Candidate(amount, chance, "x"),), BOX)
    reading = Reading(DocumentKind.CHECK, 0.5, {Field.COURTESY_AMOUNT: figures}, readers="r")
    fields = tuple(field for field in judge(DOCUMENT, reading) if field.field == Field.COURTESY_AMOUNT)
    return JudgedItem(DOCUMENT, fields, fields, TimedReading(reading, 1.0, 1, 0))


def pictures(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.png"))


def test_only_sure_misreads_are_shown(tmp_path: Path) -> None:
    assert misreads.write_fields([item("41250", 0.99), item("41260", 0.3), item("47250", 0.99)], tmp_path) == 1
    assert pictures(tmp_path) == ["courtesy_amount/0000-D001-0001.png"]
    with Image.open(tmp_path / "courtesy_amount" / "0000-D001-0001.png") as picture:
        assert picture.width == misreads.WIDTH_PX


def test_a_wrong_field_becomes_a_picture(tmp_path: Path) -> None:
    sample = real_sets.Sample("a set: x", "1.png", "12", "13", Judged(0.9, False), _dot())
    assert misreads.write_samples([sample], tmp_path) == 1
    [path] = tmp_path.rglob("*.png")
    assert path.parent.name == "a_set_x"


def test_a_check_posted_wrongly_is_shown_whole(tmp_path: Path) -> None:
    verdict = Verdict(TRUTH, "post", (TrueLine("2", 41_250),), ())
    payment = Payment(DOCUMENT, Judged(0.99, False), True)
    assert misreads.write_payments([verdict], [payment], tmp_path) == 1
    assert pictures(tmp_path) == ["payments/0000-D001-0001.png"]


def test_a_held_check_is_named_by_its_reasons(tmp_path: Path) -> None:
    read = JudgedItem(DOCUMENT, (), (), read_sides(*render(DOCUMENT)))
    held = Payment(DOCUMENT, Judged(None, False), False, ("micr_unread", "stale"))
    posted = Payment(DOCUMENT, Judged(0.99, True), True)
    assert misreads.write_held([held, posted], [read], tmp_path) == 1
    assert pictures(tmp_path) == ["micr_unread-stale-D001-0001.png"]


def _dot() -> bytes:
    out = io.BytesIO()
    Image.new("L", (60, 30), 200).save(out, "PNG")
    return out.getvalue()
