"""Tesseract as pytesseract calls it: what our readers are timed against; no reader asks it any more."""

from __future__ import annotations

from PIL import Image

from ocr.image.prepare import Gray

TIMEOUT_S = 60


def read(gray: Gray, config: str) -> str:
    """The text of a picture; "" when it gives up.

    Raises:
        RuntimeError: it took more than a minute.
    """
    import pytesseract  # it brings pandas along

    page = Image.fromarray(gray)
    page.format = "BMP"  # how it is handed over: compressing a page as PNG would take another 40 ms
    try:
        return str(pytesseract.image_to_string(page, config=config, timeout=TIMEOUT_S))
    except pytesseract.TesseractError:
        return ""


def is_installed() -> bool:
    """Whether there is a Tesseract to call."""
    import pytesseract

    try:
        pytesseract.get_tesseract_version()
    except pytesseract.TesseractNotFoundError:
        return False
    return True
