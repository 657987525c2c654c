"""A printed page: text that fits, rules, boxes and barcodes on US letter, the same bytes for the same content."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, Literal, TypeVar, cast

import numpy as np
import zxingcpp
from reportlab import rl_config
from reportlab.graphics.barcode.usps4s import USPS_4State
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from lockbox.fonts import DOCUMENT_FONTS, font_path

INCH = 72.0
WIDTH, HEIGHT = 8.5 * INCH, 11 * INCH
SANS, BOLD, OCR_A = "sans", "sans-bold", "ocr-a"
INK = (0.0, 0.0, 0.0)
SOFT = (0.36, 0.36, 0.36)  # lighter than the ink, still dark enough for a copy of a copy
NAVY = (0.10, 0.19, 0.36)
TINT = (0.93, 0.945, 0.965)
Align = Literal["left", "right", "middle"]
Color = tuple[float, float, float]
T = TypeVar("T")

# Intelligent Mail: 65 bars, 20 to 24 an inch, 0.134 to 0.230 in high (USPS-B-3200); (foot, head) in grid steps.
BAR_PITCH, BAR_WIDTH, BAR_STEP = 3.2, 1.4, 4.0
_BARS = {"F": (0, 3), "A": (1, 3), "D": (0, 2), "T": (1, 2)}


class Document:
    """Pages of US letter; coordinates in points from the upper left corner, text by its baseline.

    The same calls give the same bytes: no time, no random identifier is written.
    """

    def __init__(self, title: str, author: str) -> None:
        _register()
        self._buffer = io.BytesIO()
        self._canvas = Canvas(self._buffer, pagesize=(WIDTH, HEIGHT), invariant=1, pageCompression=1, lang="en-US")
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setProducer("lockbox")
        self._canvas.setCreator("lockbox")
        self.pages = 1
        self._stamps: dict[Hashable, tuple[str, Any]] = {}

    def next_page(self) -> None:
        """Ends the page and begins another."""
        self._canvas.showPage()
        self.pages += 1

    def finish(self) -> bytes:
        """Ends the last page; returns the file."""
        self._canvas.showPage()
        self._canvas.save()
        return self._buffer.getvalue()

    def stamp(self, key: Hashable, draw: Callable[[], T]) -> T:
        """Shows what is the same on many pages: it is drawn once in the file, and shown on this page too.

        The key holds all that it depends on. Returns what `draw` returned.
        """
        if key not in self._stamps:
            name = f"stamp{len(self._stamps)}"
            self._canvas.beginForm(name, 0, 0, WIDTH, HEIGHT)
            self._stamps[key] = (name, draw())
            self._canvas.endForm()
        name, given = self._stamps[key]
        self._canvas.doForm(name)
        return cast("T", given)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 9.0,
        font: str = SANS,
        align: Align = "left",
        room: float = 0.0,
        color: Color = INK,
    ) -> None:
        """One line. With `room` it is set smaller, down to 70 %, and then cut with an ellipsis to fit."""
        words = printable(words)
        if room:
            words, size = fitted(words, font, size, room)
        self._canvas.setFillColorRGB(*color)
        self._canvas.setFont(font, size)
        if align == "left":
            self._canvas.drawString(x, HEIGHT - y, words)
        elif align == "right":
            self._canvas.drawRightString(x, HEIGHT - y, words)
        else:
            self._canvas.drawCentredString(x, HEIGHT - y, words)

    def paragraph(
        self,
        x: float,
        y: float,
        room: float,
        words: str,
        size: float = 9.0,
        font: str = SANS,
        leading: float = 1.25,
        color: Color = INK,
    ) -> float:
        """Lines broken at spaces; returns the baseline that the next line would have."""
        for line in wrapped(printable(words), font, size, room):
            self.text(x, y, line, size, font, color=color, room=room)
            y += size * leading
        return y

    def rule(self, left: float, right: float, y: float, width: float = 0.6, color: Color = INK, dash: str = "") -> None:
        """A horizontal line; `dash` as "3 2"."""
        r, g, b = color
        self._canvas.addLiteral(
            f"q {r} {g} {b} RG {width} w [{dash}] 0 d {left:.2f} {HEIGHT - y:.2f} m {right:.2f} {HEIGHT - y:.2f} l S Q"
        )

    def box(
        self,
        left: float,
        top: float,
        right: float,
        bottom: float,
        stroke: Color | None = INK,
        fill: Color | None = None,
        width: float = 0.8,
    ) -> None:
        """A rectangle, filled, framed or both."""
        paint = {(True, True): "B", (True, False): "f", (False, True): "S"}[fill is not None, stroke is not None]
        colors = "".join(
            f"{color[0]} {color[1]} {color[2]} {operator} "
            for color, operator in ((fill, "rg"), (stroke, "RG"))
            if color is not None
        )
        frame = f"{left:.2f} {HEIGHT - bottom:.2f} {right - left:.2f} {bottom - top:.2f}"
        self._canvas.addLiteral(f"q {colors}{width} w {frame} re {paint} Q")

    def pdf417(self, left: float, top: float, payload: str, module: float) -> float:
        """The barcode; `module` is the width of its narrowest bar. Returns its foot."""
        rows, height = _pdf417(payload)
        at = f"{module} 0 0 {module} {left:.2f} {HEIGHT - top - height * module:.2f}"
        self._canvas.addLiteral(f"q 0 0 0 rg {at} cm {rows} f Q")
        return top + height * module

    def mail_barcode(self, left: float, top: float, bars: str) -> None:
        """The 65 bars of an Intelligent Mail barcode, 2.9 inches wide and 0.167 high."""
        at = f"{BAR_PITCH} 0 0 {BAR_STEP} {left:.2f} {HEIGHT - top - 3 * BAR_STEP:.2f}"
        wide = BAR_WIDTH / BAR_PITCH
        drawn = " ".join(
            f"{no} {_BARS[bar][0]} {wide:.4f} {_BARS[bar][1] - _BARS[bar][0]} re" for no, bar in enumerate(bars)
        )
        self._canvas.addLiteral(f"q 0 0 0 rg {at} cm {drawn} f Q")


def width_of(words: str, font: str, size: float) -> float:
    """Width of a line in points."""
    return _em_width(words, font) * size


@lru_cache(maxsize=16384)
def _em_width(words: str, font: str) -> float:
    _register()
    return float(pdfmetrics.stringWidth(words, font, 1))


def fitted(words: str, font: str, size: float, room: float) -> tuple[str, float]:
    """The words and size at which a line stays within `room`."""
    wide = width_of(words, font, size)
    if wide <= room:
        return words, size
    smaller = max(0.7 * size, size * room / wide - 0.01)
    if width_of(words, font, smaller) <= room:
        return words, smaller
    while words and width_of(words + "…", font, smaller) > room:
        words = words[:-1]
    return words.rstrip() + "…", smaller


@lru_cache(maxsize=4096)  # most of what is wrapped is in every statement
def wrapped(words: str, font: str, size: float, room: float) -> tuple[str, ...]:
    """Lines that stay within `room`, broken at spaces; a word that is too long by itself is broken inside."""
    lines: list[str] = []
    line = ""
    for word in words.split():
        while width_of(word, font, size) > room:
            at = len(word) - 1
            while at > 1 and width_of(word[:at], font, size) > room:
                at -= 1
            lines += [line] if line else []
            lines.append(word[:at])
            line, word = "", word[at:]
        longer = f"{line} {word}" if line else word
        if width_of(longer, font, size) <= room:
            line = longer
        else:
            lines.append(line)
            line = word
    return (*lines, line) if line else tuple(lines)


def printable(words: str) -> str:
    """The words in characters that the fonts have; others become their plain letter, or "?"."""
    if words.isascii():
        return words
    _register()
    known = pdfmetrics.getFont(SANS).face.charToGlyph
    made = []
    for sign in unicodedata.normalize("NFC", words):
        if ord(sign) in known:
            made.append(sign)
        elif unicodedata.combining(sign) == 0 and unicodedata.category(sign) not in ("Cc", "Cf"):
            plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
            made.append(plain or "?")
    return "".join(made)


def mail_bars(tracking: str, routing: str) -> str:
    """The 65 bars of an Intelligent Mail barcode as letters F, A, D, T.

    Args:
        tracking: 20 digits: barcode id, service type, mailer id, serial number.
        routing: ZIP code of 5, 9 or 11 digits, or "".
    """
    return str(USPS_4State(tracking + routing).barcodes)


@lru_cache(maxsize=64)
def _pdf417(payload: str) -> tuple[str, int]:
    """Path of the bars on a grid of modules, from the lower left, and the height in modules."""
    made: Any = zxingcpp.create_barcode(payload, zxingcpp.BarcodeFormat.PDF417)
    picture = np.array(zxingcpp.write_barcode_to_image(made, scale=1, add_quiet_zones=False), np.uint8) < 128
    height = len(picture)
    rects: list[str] = []
    top = 0
    for y in range(1, height + 1):
        if y < height and np.array_equal(picture[y], picture[top]):
            continue  # a row of the symbol is several modules high: one bar, not a stack of them
        edges = np.flatnonzero(np.diff(np.concatenate(([0], picture[top].astype(np.int8), [0]))))
        rects += [f"{a} {height - y} {b - a} {y - top} re" for a, b in zip(edges[::2], edges[1::2], strict=True)]
        top = y
    return " ".join(rects), height


@lru_cache(maxsize=1)
def _register() -> None:
    """Registers the fonts once per process. Raises SettingsError when one is not installed."""
    rl_config.useA85 = 0  # plain streams: ASCII85 costs time and a quarter more bytes
    for name, (file, package) in DOCUMENT_FONTS.items():
        pdfmetrics.registerFont(TTFont(name, str(font_path(file, package))))
