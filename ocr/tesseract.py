"""Tesseract: pages of print in, their text out; the only module that calls it.

Where several processes read, OMP_THREAD_LIMIT=1 must be in their environment: it would take all cores for each page.
"""

from __future__ import annotations

from functools import lru_cache

from PIL import Image

from ocr.prepare import Gray

SOURCE = "tesseract"
TIMEOUT_S = 20
PAGE = "--psm 6"  # one even block of text


def read_page(gray: Gray, config: str = PAGE) -> tuple[str, float]:
    """The text of a page and how sure its words are on average, 0 to 1; ("", 0) when nothing is read.

    Raises:
        RuntimeError: Tesseract is not installed, failed, or took more than 20 seconds.
    """
    import pytesseract  # it brings pandas along: half of a reader's start, and few mails hold a letter

    page = Image.fromarray(gray)
    page.format = "BMP"  # how it is handed over: compressing it as PNG takes 40 ms
    try:
        data = pytesseract.image_to_data(page, config=config, timeout=TIMEOUT_S, output_type=pytesseract.Output.DICT)
    except (pytesseract.TesseractError, pytesseract.TesseractNotFoundError) as error:
        raise RuntimeError(f"Tesseract: {error}") from error
    rows: dict[tuple[int, int, int], list[str]] = {}
    sure: list[float] = []
    for at, word in enumerate(data["text"]):
        confidence = float(data["conf"][at])
        if not word.strip() or confidence < 0:
            continue
        rows.setdefault((data["block_num"][at], data["par_num"][at], data["line_num"][at]), []).append(word)
        sure.append(confidence / 100)
    return "\n".join(" ".join(words) for words in rows.values()), sum(sure) / len(sure) if sure else 0.0


@lru_cache(maxsize=1)
def is_installed() -> bool:
    """Whether there is a Tesseract to call."""
    import pytesseract

    try:
        pytesseract.get_tesseract_version()
    except pytesseract.TesseractNotFoundError:
        return False
    return True
