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
        return hash(self.marks)  # pieces of one page mostly differ in them, and readers look up pieces all the time

    @property
    def right_px(self) -> int:
        """The first column after it."""
        return self.box.left_px + self.box.width_px

    @property
    def middle_px(self) -> float:
        """The row through its middle."""
        return self.box.top_px + self.box.height_px / 2

    @property
    def center_px(self) -> float:
        """The column through its middle."""
        return self.box.left_px + self.box.width_px / 2

    @property
    def foot_px(self) -> int:
        """The first row under it."""
        return self.box.top_px + self.box.height_px


def piece_of(boxes: Boxes, marks: Iterable[int], rule: Rule | None) -> Piece:
    """The piece that these marks make together."""
    marks = tuple(marks)
    chosen = [boxes[mark] for mark in marks]
    left, top = min(box[0] for box in chosen), min(box[1] for box in chosen)
    right, bottom = max(box[0] + box[2] for box in chosen), max(box[1] + box[3] for box in chosen)
    return Piece(Box(left, top, right - left, bottom - top), rule, marks)


def gaps(boxes: Iterable[list[int]]) -> Iterator[tuple[int, int]]:
    """The white gaps between marks, left to right: the first column of each, and the first column after it."""
    reach: int | None = None
    for left, _, width, *_ in sorted(boxes):
        if reach is not None and left > reach:
            yield reach, left
        reach = max(reach or 0, left + width)


def joined(pieces: list[Piece]) -> Piece:
    """Several pieces as one."""
    left, top = min(piece.box.left_px for piece in pieces), min(piece.box.top_px for piece in pieces)
    right = max(piece.right_px for piece in pieces)
    bottom = max(piece.foot_px for piece in pieces)
    marks = tuple(mark for piece in pieces for mark in piece.marks)
    return Piece(Box(left, top, right - left, bottom - top), pieces[0].rule, marks)
