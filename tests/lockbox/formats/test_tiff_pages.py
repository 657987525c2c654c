"""Front and back in one TIFF: each page becomes a TIFF of its own, with the same pixels and codes."""

from __future__ import annotations

import io
from struct import pack, unpack_from
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from lockbox.formats.tiff import group4_problem, header_problem
from lockbox.formats.tiff_pages import split_sides
from tests.builders.deliveries import scan, tiff


def of_pages(*images: Image.Image, **more: Any) -> bytes:
    out = io.BytesIO()
    images[0].save(out, "TIFF", save_all=True, append_images=list(images[1:]), **more)
    return out.getvalue()


def picture(mark: int, mode: str = "1") -> Image.Image:
    plain = Image.open(io.BytesIO(scan(mark)))
    return plain.convert("I").convert(mode) if mode == "I;16B" else plain.convert(mode)


@pytest.mark.parametrize(
    ("mode", "more"),
    [
        ("1", {"compression": "group4", "dpi": (200, 200)}),
        ("1", {"compression": "group4", "strip_size": 300}),  # several strips
        ("L", {"compression": "tiff_lzw", "dpi": (240, 240)}),
        ("RGB", {"compression": "jpeg"}),
        ("I;16B", {"compression": "raw"}),  # big-endian
    ],
)
def test_each_page_is_a_whole_file_with_the_same_pixels_and_tags(mode: str, more: dict[str, Any]) -> None:
    data = of_pages(picture(3, mode), picture(8, mode), **more)
    assert data[:2] == (b"MM" if mode == "I;16B" else b"II")
    sides = split_sides(data)
    assert sides
    for number, side in enumerate(sides):
        assert (header_problem(side), group4_problem(side)) == (None, None)
        with Image.open(io.BytesIO(side)) as alone, Image.open(io.BytesIO(data)) as both:
            both.seek(number)
            assert getattr(alone, "n_frames", 1) == 1
            assert (alone.size, alone.mode, alone.info.get("dpi")) == (both.size, both.mode, both.info.get("dpi"))
            assert alone.tobytes() == both.tobytes()
            assert tags(alone) == tags(both)


def tags(image: Any) -> dict[int, Any]:
    """All tags but where the codes lie."""
    return {tag: value for tag, value in image.tag_v2.items() if tag != 273}


def with_preview(data: bytes, number: int) -> bytes:
    """The file with the page of this number marked as a preview: its tag ImageWidth becomes NewSubfileType."""
    (at,) = unpack_from("<I", data, 4)
    for _ in range(number):
        at = unpack_from("<I", data, at + 2 + 12 * unpack_from("<H", data, at)[0])[0]
    return data[: at + 2] + pack("<HHII", 254, 4, 1, 1) + data[at + 14 :]


def test_previews_are_no_pages() -> None:
    assert split_sides(with_preview(tiff(1, pages=2), 1)) is None
    assert split_sides(with_preview(tiff(1, pages=3), 1)) == split_sides(
        of_pages(picture(1), picture(3), compression="group4", dpi=(200, 200), tiffinfo={274: 1})
    )


def test_anything_else_is_not_parted() -> None:
    others = tiff(1), tiff(1, pages=3), scan(1, "JPEG"), b"", b"II*\0", b"II*\0\x08\0\0\0", tiff(1, pages=2)[:-40]
    assert [split_sides(data) for data in others] == [None] * len(others)


@given(st.integers(0, 10**9), st.binary(max_size=6))
def test_damage_is_never_more_than_no_pages(place: int, rubbish: bytes) -> None:
    data = tiff(1, pages=2)
    at = place % len(data)
    sides = split_sides(data[:at] + rubbish + data[at + len(rubbish) :])
    assert sides is None or len(sides) == 2


def test_what_is_taken_out_is_the_same_every_time_and_no_larger_than_the_whole() -> None:
    data = tiff(1, pages=2)
    front, back = split_sides(data) or (b"", b"")
    assert (front, back) == split_sides(data)
    assert front != back
    assert len(front) + len(back) <= len(data) + 16
