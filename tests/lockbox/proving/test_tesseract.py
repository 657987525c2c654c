"""Tesseract as a program beside us, which may be missing."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from lockbox.proving import tesseract
from lockbox.proving.speed import LINE


def test_without_the_program_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert not tesseract.is_installed()


@pytest.mark.skipif(not tesseract.is_installed(), reason="Tesseract is not installed")
def test_a_printed_line_is_read() -> None:
    page = Image.new("L", (420, 80), 255)
    ImageDraw.Draw(page).text((20, 15), "HELLO 412", fill=0, font=ImageFont.load_default(size=40))
    assert tesseract.read(np.asarray(page), LINE).strip() == "HELLO 412"
