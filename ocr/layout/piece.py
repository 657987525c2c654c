"""A piece of text on a document: where it stands, the rule that it stands on, the marks that it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ocr.layout.ruled import Boxes, Rule
from ocr.reading import Box


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text in one row. `rule` is the line that it stands on, if any; `marks` its connected components."""

    box: Box
    rule: Rule | None
    marks: tuple[int, ...]

    def __hash__(self) -> int:
        return hash(self.marks)  # pieces of one page mostly differ in them, and readers look pieces up all the time

    @property
    def right_px(self) -> int:
        """The first column after it."""
        return self.box.left_px + self.box.width_px

    @property
    def middle_px(self) -> float:
        """The row through its middle."""
        return self.box.top_px + self.box.height_px / 2

    @property
    def centre_px(self) -> float:
        """The column through its middle."""
        return self.box.left_px + self.box.width_px / 2

    @property
    def foot_px(self) -> int:
        """The first row under it."""
        return self.box.top_px + self.box.height_px


def piece_of(boxes: Boxes, marks: Iterable[int], rule: Rule | None) -> Piece:
    """The piece that these marks make together."""
    marks = tuple(marks)
    chosen = [boxes[one] for one in marks]
    left, top = min(one[0] for one in chosen), min(one[1] for one in chosen)
    right, bottom = max(one[0] + one[2] for one in chosen), max(one[1] + one[3] for one in chosen)
    return Piece(Box(left, top, right - left, bottom - top), rule, marks)


def gaps(boxes: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    """The white between marks, left to right: the column after the last one before it, and the next one's first."""
    reach: int | None = None
    for left, _, width, *_ in sorted(boxes):
        if reach is not None and left > reach:
            yield reach, left
        reach = max(reach or 0, left + width)


def joined(pieces: list[Piece]) -> Piece:
    """Several pieces as one."""
    left, top = min(one.box.left_px for one in pieces), min(one.box.top_px for one in pieces)
    right = max(one.right_px for one in pieces)
    bottom = max(one.foot_px for one in pieces)
    marks = tuple(mark for one in pieces for mark in one.marks)
    return Piece(Box(left, top, right - left, bottom - top), pieces[0].rule, marks)
