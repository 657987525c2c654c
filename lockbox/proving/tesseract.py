"""Tesseract as pytesseract calls it: our readers are timed against it, and none of them uses it."""

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
    page.format = "BMP"  # the format in transit: compressing a page as PNG would take another 40 ms
    try:
        return str(pytesseract.image_to_string(page, config=config, timeout=TIMEOUT_S))
    except pytesseract.TesseractError:
        return ""


def is_installed() -> bool:
    """Whether the Tesseract program is installed."""
    import pytesseract

    try:
        pytesseract.get_tesseract_version()
    except pytesseract.TesseractNotFoundError:
        return False
    return True
