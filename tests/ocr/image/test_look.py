"""A document while it is read: its turns, its scale, and the boxes of a photo."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.image.look import Look, in_picture
from ocr.image.paper import FlatSheet
from ocr.image.prepare import turned
from ocr.reading import Box, Candidate, DocumentKind, Field, FieldReading

PAGE = np.full((60, 100), 255, np.uint8)


@pytest.mark.parametrize(("stated", "measured", "kept"), [(200, 210, True), (200, 100, False), (96, 300, False)])
def test_the_pitch_of_the_line_overrules_a_far_resolution(stated: int, measured: int, kept: bool) -> None:
    look = Look(PAGE, stated)
    look.rescale(measured, "its pitch")
    assert look.dpi == (stated if kept else measured)
    assert bool(look.problems) is not kept
    look.rescale(0, "its pitch")  # no line, nothing measured
    assert look.dpi == (stated if kept else measured)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_boxes_of_a_photo_lie_where_the_ink_is(turn: int) -> None:
    """A mark on the picture stands in its box once the picture is turned as the reading says."""
    picture = np.full((200, 300), 90, np.uint8)
    picture[50:110, 40:140] = 255
    picture[60:70, 50:80] = 0
    flat = FlatSheet(np.ascontiguousarray(picture[50:110, 40:140]), np.array([[1.0, 0, 40], [0, 1, 50], [0, 0, 1]]))
    look = Look(flat.gray, 200)
    look.turn(turn)
    rows, columns = np.nonzero(look.gray < 50)
    box = Box(int(columns.min()), int(rows.min()), int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1)
    fields = {Field.DATE: FieldReading(Field.DATE, (Candidate("2026-11-14", 0.9, "test"),), box)}
    reading = in_picture(look.reading(DocumentKind.CHECK, 0.9, fields), flat, Look(picture, 200))
    upright = turned(picture, turn)
    assert (reading.height_px, reading.width_px) == upright.shape
    there = reading.fields[Field.DATE].box
    assert there is not None
    inside = upright[there.top_px : there.top_px + there.height_px, there.left_px : there.left_px + there.width_px]
    assert (inside < 50).sum() == (upright < 50).sum() == 300
    assert inside.size == 300
