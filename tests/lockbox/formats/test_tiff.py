"""Image headers."""

from __future__ import annotations

import io
import re
from struct import unpack_from
from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from lockbox.formats.tiff import group4_problem, header_problem


def picture(kind: str = "TIFF", width_px: int = 200, height_px: int = 90, **options: Any) -> bytes:
    """A white image with one black line."""
    image = Image.new("1", (width_px, height_px), 1)
    image.paste(0, (10, 10, width_px - 10, 20))
    target = io.BytesIO()
    (image.convert("L") if kind == "JPEG" else image).save(target, kind, **options)
    return target.getvalue()


G4 = picture(compression="group4")
JPEG = picture("JPEG")


@pytest.mark.parametrize("data", [G4, JPEG, picture(compression="group4", big_endian=True), picture()])
def test_whole_images_pass(data: bytes) -> None:
    assert header_problem(data) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 whatever", "a PDF"),
        (picture("PNG"), "a PNG"),
        (b"II*\0", "no directory"),
        (G4[: len(G4) - 20], "truncated|beyond|makes no sense|no pixels"),
        (JPEG[:-20], "no end marker"),
        (b"II*\0\x08\0\0\0\xff\xff" + b"\0" * 100, "makes no sense"),
        (b" ", "not a TIFF"),
    ],
)
def test_says_what_is_wrong(data: bytes, reason: str) -> None:
    problem = header_problem(data)
    assert problem is not None
    assert re.search(reason, problem)


def test_a_bomb_is_refused_by_its_header() -> None:
    assert "20000 x 20000" in (header_problem(picture(width_px=20_000, height_px=20_000, compression="group4")) or "")


def pages(*more: Image.Image, **options: Any) -> bytes:
    """A TIFF of the drawn page and more."""
    target = io.BytesIO()
    drawn().save(target, "TIFF", compression="group4", save_all=True, append_images=more, **options)
    return target.getvalue()


def test_a_second_page_is_refused_and_a_preview_is_none() -> None:
    """Only the first page is read: what another one shows must not be lost without a word."""
    assert header_problem(pages()) is None
    two = pages(drawn())
    assert "a TIFF of 2 pages" in (header_problem(two) or "")
    assert "a TIFF of 3 pages" in (header_problem(pages(drawn(), drawn())) or "")
    preview = drawn().resize((60, 26))
    preview.encoderinfo = {"tiffinfo": {254: 1}}
    assert header_problem(pages(preview)) is None
    (first,) = unpack_from("<I", two, 4)
    after = first + 2 + 12 * unpack_from("<H", two, first)[0]
    (second,) = unpack_from("<I", two, after)
    assert second
    assert header_problem(two[:4] + two[after : after + 4] + two[8:]) is None  # the second alone
    for at in (len(two) - 1, 8, first):
        pointed = two[:after] + at.to_bytes(4, "little") + two[after + 4 :]
        assert re.search("directory", header_problem(pointed) or ""), at


def test_a_page_behind_its_preview_is_refused() -> None:
    first = drawn()
    target = io.BytesIO()
    first.save(target, "TIFF", save_all=True, append_images=[drawn()], tiffinfo={254: 1})
    assert "first page is a preview" in (header_problem(target.getvalue()) or "")


def test_every_cut_into_pixels_or_directory_is_detected() -> None:
    (directory,) = unpack_from("<I", G4, 4)
    (entries,) = unpack_from("<H", G4, directory)
    for size in range(directory + 2 + 12 * entries):
        assert header_problem(G4[:size]) is not None, size


def drawn() -> Image.Image:
    """A page with a few hundred runs of ink."""
    image = Image.new("1", (600, 260), 1)
    for at in range(0, 240, 9):
        image.paste(0, (at * 2 % 311, at, at * 2 % 311 + 7 + at, at + 5))
    return image


def coded(**options: Any) -> bytes:
    """The page as a Group 4 TIFF."""
    target = io.BytesIO()
    drawn().save(target, "TIFF", compression="group4", **options)
    return target.getvalue()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"strip_size": 75 * 40},
        {"strip_size": 10**6, "tiffinfo": {262: 0, 266: 1}},
        {"tiffinfo": {266: 2}},
        {"big_endian": True},
        *({"strip_size": 75 * 40, "tiffinfo": {274: orientation}} for orientation in range(2, 9)),
    ],
)
def test_whole_group_4_images_of_every_make_pass(options: dict[str, Any]) -> None:
    assert group4_problem(coded(**options)) is None


def test_other_images_are_not_judged() -> None:
    assert group4_problem(JPEG) is None
    assert group4_problem(picture()) is None


def test_damage_that_decoders_fill_in_silently_is_detected() -> None:
    whole = coded(strip_size=10**6)
    with Image.open(io.BytesIO(whole)) as image:
        assert isinstance(image, TiffImageFile)
        start, size = image.tag_v2[273][0], image.tag_v2[279][0]
    detected = 0
    places = range(start, start + size - 24, 7)
    for at in places:
        damaged = whole[:at] + bytes(255 - byte for byte in whole[at : at + 12]) + whole[at + 12 :]
        Image.open(io.BytesIO(damaged)).load()  # no error
        detected += group4_problem(damaged) is not None
    assert detected >= 0.98 * len(places)
