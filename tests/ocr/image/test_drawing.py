"""A reading drawn for people: its values, names, frames and table."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from ocr.image.drawing import draw, label, shown
from ocr.reading import Box, Candidate, DocumentKind, Field, FieldReading, Reading


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        (Field.COURTESY_AMOUNT, "123456", "$1,234.56"),
        (Field.BANK_ACCOUNT, "0012345678", "xxxxxx5678"),
        (Field.MICR_LINE, "A570000018A 123456789C 1042", "AxxxxxxxxxA xxxxxxxxxC 1042"),
        (Field.PAYER, "J Miller\nPlano", "J Miller / Plano"),
        (Field.COURTESY_AMOUNT, "no number", "no number"),
    ],
)
def test_values_for_people(name: Field, value: str, text: str) -> None:
    assert shown(name, value) == text


def test_every_field_has_a_name_for_people() -> None:
    assert label(Field.COURTESY_AMOUNT) == "Amount in figures"
    assert all(label(name)[0].isupper() and "_" not in label(name) for name in Field)


def test_a_picture_is_upright_with_frames_and_a_table() -> None:
    """A page with ink in its lower right corner, scanned upside-down: drawn, the ink is lower right and framed."""
    page = Image.new("L", (600, 260), 255)
    page.paste(0, (500, 200, 560, 220))
    scanned = io.BytesIO()
    page.rotate(180).save(scanned, "PNG", dpi=(100, 100))
    amount = FieldReading(Field.COURTESY_AMOUNT, (Candidate("41250", 0.97, "x"),), Box(500, 200, 60, 20))
    text = FieldReading(Field.TEXT, (Candidate("word " * 200, 0.3, "x"),))
    reading = Reading(
        kind=DocumentKind.CHECK,
        kind_probability=0.9,
        fields={field.name: field for field in (text, amount)},
        rotation_deg=180,
        width_px=600,
        height_px=260,
        dpi=100,
        problems=("a problem " * 40,),
    )
    drawn = Image.open(io.BytesIO(draw(scanned.getvalue(), reading)))
    scale = drawn.width / 600
    assert drawn.getpixel((round(530 * scale), round(210 * scale))) == (0, 0, 0)
    assert drawn.getpixel((round(500 * scale) - 3, round(210 * scale))) == (0x1A, 0x7F, 0x37)  # sure: green
    assert drawn.height > 260 * scale + 8 * 26  # the long text and the long problem have rows of their own
