"""A document while it is read: the picture as it is turned and scaled so far, and what an operator should know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from ocr.image import quality
from ocr.image.paper import FlatSheet, moved
from ocr.image.prepare import Gray, binary, deskewed, levelling, turned, turning
from ocr.reading import DocumentKind, Field, FieldReading, Reading

SAME_SCALE = 1.1  # what is on the paper overrules a resolution that is so many times too high or too low
COARSEST_DPI = 100  # a coarser picture is laid out as if it were this: 75 dpi read 67 of 75 amounts so, 56 at its own


@dataclass(slots=True)
class Look:
    """A document while it is read: what is known so far."""

    gray: Gray
    dpi: int
    rotation_deg: int = 0
    skew_deg: float = 0.0
    problems: list[str] = field(default_factory=list)
    _inked: Gray | None = None

    @property
    def inked(self) -> Gray:
        """The picture's `binary`, made once per turn."""
        if self._inked is None:
            self._inked = binary(self.gray, self.dpi)
        return self._inked

    def turn(self, rotation_deg: int, skew_deg: float = 0.0) -> None:
        """Turn and level the picture, and remember by how much."""
        self.gray, self._inked = deskewed(turned(self.gray, rotation_deg), skew_deg), None
        self.rotation_deg = (self.rotation_deg + rotation_deg) % 360
        self.skew_deg += skew_deg

    def rescale(self, dpi: int, by: str) -> None:
        """Take the resolution from the paper where it differs from what the file says."""
        if not dpi:
            return
        dpi = max(dpi, COARSEST_DPI)
        if max(dpi / self.dpi, self.dpi / dpi) > SAME_SCALE:
            self.problems.append(f"front: {self.dpi} dpi by the file or its size, {dpi} by {by}")
            self.dpi, self._inked = dpi, None

    def reading(self, document_kind: DocumentKind, probability: float, fields: Mapping[Field, FieldReading]) -> Reading:
        """The finished reading."""
        height, width = self.gray.shape
        return Reading(
            kind=document_kind,
            kind_probability=probability,
            fields=fields,
            rotation_deg=self.rotation_deg,
            skew_deg=round(self.skew_deg, 2),
            width_px=width,
            height_px=height,
            dpi=self.dpi,
            flags=quality.flags(self.gray, self.dpi, self.skew_deg, document_kind, inked=self.inked),
            problems=tuple(self.problems),
        )


def in_picture(reading: Reading, flat: FlatSheet, look: Look) -> Reading:
    """The reading of a flat sheet with its boxes where they are on the picture, turned as the reading says."""
    turn, (height, width) = reading.rotation_deg, look.gray.shape
    upright = turning(turn, *flat.gray.shape[::-1])
    level = np.vstack([levelling(reading.skew_deg, reading.width_px, reading.height_px), [0, 0, 1]])
    back = turning(turn, width, height) @ flat.back @ np.linalg.inv(level @ upright)
    fields = {
        name: replace(field, box=moved(field.box, back)) if field.box else field
        for name, field in reading.fields.items()
    }
    size = (height, width) if turn % 180 else (width, height)
    return replace(reading, fields=fields, width_px=size[0], height_px=size[1], skew_deg=0.0)
