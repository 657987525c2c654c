"""A sheet of paper in the printer: 200 pixels to the inch, gray; text and lines as different machines print them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from lockbox.simulator.fonts import font

DPI = 200
_NOT_ON_TYPEWRITER = "&"  # missing in GNU Typewriter
_MATRIX_DOTS = 13  # em of a dot-matrix printer: its capitals are 9 dots high
_NEEDLE = np.array([[90, 230, 230, 90], [230, 255, 255, 230], [230, 255, 255, 230], [90, 230, 230, 90]])
Gray = npt.NDArray[np.uint8]  # rows x columns, 0 black to 255 white; as a mask: 255 is full ink
Rng = np.random.Generator


def dice(seed: int, *about: int) -> Rng:
    """Random numbers for one aspect of one document; other aspects may draw more or fewer without changing these."""
    return np.random.Generator(np.random.PCG64([seed & 0xFFFF_FFFF, (seed >> 32) & 0xFFFF_FFFF, *about]))


def gray(picture: npt.NDArray[Any]) -> Gray:
    """The same picture, for the type checker: OpenCV promises only some array."""
    return np.asarray(picture, np.uint8)


@dataclass(frozen=True, slots=True)
class Type:
    """A typeface at a size. `machine` is how it was printed: laser, typewriter or matrix."""

    face: str
    size_px: int
    gray: int = 30
    machine: str = "laser"
    spacing_px: float = 0.0

    def sized(self, share: float) -> Type:
        """The same type, larger or smaller by that share."""
        return Type(self.face, max(8, round(self.size_px * share)), self.gray, self.machine, self.spacing_px)

    def width_px(self, text: str) -> float:
        """How wide the text comes out."""
        return float(font(self.face, self.size_px).getlength(text)) + self.spacing_px * len(text)


class Sheet:
    """Paper being printed on. Positions are pixels from the top left; text stands on its baseline `y`."""

    def __init__(self, background: Gray) -> None:
        self.image = Image.fromarray(background)
        self.draw = ImageDraw.Draw(self.image)
        self.width_px, self.height_px = self.image.size

    def text(self, x: float, y: float, text: str, kind: Type, anchor: str = "l", rng: Rng | None = None) -> float:
        """Prints one line; anchor l, m or r: `x` is its left end, middle or right end. Returns its right end."""
        width = kind.width_px(text)
        left = x - {"l": 0.0, "m": width / 2, "r": width}[anchor]
        if kind.machine == "matrix":
            self._dotted(left, y, text, kind)
        elif kind.machine == "laser" and not kind.spacing_px:
            self.draw.text(
                (round(left), round(y)), text, fill=kind.gray, font=font(kind.face, kind.size_px), anchor="ls"
            )
        else:
            self._struck(left, y, text, kind, rng or dice(len(text)))
        return left + width

    def lines(
        self, x: float, y: float, texts: tuple[str, ...], kind: Type, leading: float = 1.18, anchor: str = "l"
    ) -> float:
        """Prints a block of lines downward from baseline `y`. Returns the baseline after the last line."""
        for text in texts:
            self.text(x, y, text, kind, anchor)
            y += kind.size_px * leading
        return y

    def fitted(self, x: float, y: float, text: str, kind: Type, room_px: float, anchor: str = "l") -> float:
        """Prints a line, smaller if it would not fit the room. Returns its right end."""
        share = min(1.0, room_px / max(1.0, kind.width_px(text)))
        return self.text(x, y, text, kind if share == 1.0 else kind.sized(share), anchor)

    def rule(self, x0: float, x1: float, y: float, gray: int = 60, width_px: int = 2) -> None:
        """A horizontal line."""
        self.draw.line([(round(x0), round(y)), (round(x1), round(y))], fill=gray, width=width_px)

    def box(
        self, x0: float, y0: float, x1: float, y1: float, gray: int = 60, width_px: int = 2, fill: int | None = None
    ) -> None:
        """A rectangle, filled or not."""
        self.draw.rectangle((round(x0), round(y0), round(x1), round(y1)), outline=gray, width=width_px, fill=fill)

    def ink(self, mask: Gray, left: float, top: float, gray: int = 0) -> None:
        """Lays ink over what is there: where the mask is full, the paper takes that gray unless it is darker."""
        x, y = round(left), round(top)
        x0, y0 = max(0, x), max(0, y)
        x1, y1 = min(self.width_px, x + mask.shape[1]), min(self.height_px, y + mask.shape[0])
        if x0 >= x1 or y0 >= y1:
            return
        covered = mask[y0 - y : y1 - y, x0 - x : x1 - x]
        under = np.asarray(self.image.crop((x0, y0, x1, y1)))
        kept = cv2.multiply(under, 255 - covered, scale=1 / 255)
        laid = cv2.addWeighted(covered, gray / 255, covered, 0, 0)
        self.image.paste(Image.fromarray(np.minimum(under, cv2.add(kept, laid))), (x0, y0))

    def crease(self, at_px: float, depth: int) -> None:
        """Folds the sheet at that x: a fine dark line and a soft shadow on one side."""
        away = np.arange(-30, 60)
        shade = depth * 0.25 * np.exp(-np.abs(away) / 18) * (away > 0) + depth * np.exp(-(away**2) / 1.5)
        self.ink(np.tile(gray(shade.clip(0, 255)), (self.height_px, 1)), at_px - 30, 0, 90)

    def stamp(self, ink: Gray, left: float, top: float) -> None:
        """Lays a drawing, black on white, over what is there."""
        self.ink(255 - ink, left, top)

    def _struck(self, left: float, y: float, text: str, kind: Type, rng: Rng) -> None:
        """Prints letter by letter: a typewriter's letters stand and strike unevenly."""
        opened = font(kind.face, kind.size_px)
        loose = 1.0 if kind.machine == "typewriter" else 0.0
        for letter in text:
            if letter != " ":
                dy = round(float(rng.normal(0, 0.7)) * loose)
                gray = int(min(150, max(10, kind.gray + rng.normal(0, 16) * loose)))
                face = (
                    font("courier-bold", kind.size_px)
                    if letter in _NOT_ON_TYPEWRITER and kind.machine == "typewriter"
                    else opened
                )
                self.draw.text((round(left), round(y) + dy), letter, fill=gray, font=face, anchor="ls")
            left += opened.getlength(letter) + kind.spacing_px

    def _dotted(self, left: float, y: float, text: str, kind: Type) -> None:
        """Prints like a dot-matrix printer: letters of few, round, barely connected dots."""
        if not text.strip():
            return
        mask, offset = font(kind.face, _MATRIX_DOTS).getmask2(text, mode="1", anchor="ls")
        dots = np.frombuffer(bytes(mask), np.uint8).reshape(mask.size[1], mask.size[0]) > 0
        large = np.kron(dots, _NEEDLE).astype(np.uint8)
        across = kind.width_px(text) / (mask.size[0] * len(_NEEDLE))
        down = kind.size_px / (_MATRIX_DOTS * len(_NEEDLE))
        small = cv2.resize(large, None, fx=across, fy=down, interpolation=cv2.INTER_AREA)
        self.ink(gray(small), left, y + offset[1] * kind.size_px / _MATRIX_DOTS, kind.gray)
