"""The error of an image that cannot be read."""

from __future__ import annotations

from ocr.errors import UnreadableImage


def test_the_message_has_the_reason_and_the_name_if_there_is_one() -> None:
    assert str(UnreadableImage("the file is empty")) == "the file is empty"
    error = UnreadableImage("the file is empty", "front.tif")
    assert str(error) == "front.tif: the file is empty"
    assert (error.reason, error.name) == ("the file is empty", "front.tif")


def test_it_is_a_value_error() -> None:
    assert issubclass(UnreadableImage, ValueError)
