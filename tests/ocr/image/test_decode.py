"""Bytes to a gray picture: what is read, what is refused, and that refusal is quick."""

from __future__ import annotations

import contextlib
import io
import struct
import time
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw
from PIL.ExifTags import Base as Tag
from PIL.TiffImagePlugin import TiffImageFile

from ocr.errors import UnreadableImage
from ocr.image.decode import decode, estimate_dpi


def _paper(mode: str = "L", size: tuple[int, int] = (1200, 550)) -> Image.Image:
    image = Image.new("L", size, 255)
    draw = ImageDraw.Draw(image)
    for y in range(40, size[1], 60):
        draw.line((50, y, size[0] - 60, y), fill=0, width=4)
    draw.rectangle((60, 60, 160, 160), fill=0)
    return image.convert(mode)


def _bytes(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def _g4(**options: Any) -> bytes:
    return _bytes(_paper("1"), "TIFF", compression="group4", dpi=(200, 200), **options)


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("TIFF", "1", {"compression": "group4"}),
        ("TIFF", "1", {"compression": "group3"}),
        ("TIFF", "1", {}),
        ("TIFF", "L", {"compression": "tiff_lzw"}),
        ("TIFF", "L", {"compression": "jpeg"}),
        ("TIFF", "RGB", {"compression": "tiff_deflate"}),
        ("TIFF", "CMYK", {}),
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("JPEG", "CMYK", {}),
        ("PNG", "1", {}),
        ("PNG", "L", {}),
        ("PNG", "P", {}),
        ("PNG", "RGBA", {}),
    ],
)
def test_every_kind_gives_the_same_gray_picture(kind: str, mode: str, options: dict[str, Any]) -> None:
    picture = decode(_bytes(_paper(mode), kind, dpi=(200, 200), **options))
    assert (picture.format, picture.dpi, picture.dpi_stated) == (kind, 200, True)
    assert picture.gray.dtype == np.uint8
    assert picture.gray.shape == (550, 1200)
    assert np.abs(picture.gray.astype(int) - np.asarray(_paper())).mean() < 3
    assert picture.notes == ()


@pytest.mark.parametrize("kind", ["TIFF", "PNG"])
def test_sixteen_bits_are_scaled_down(kind: str) -> None:
    deep = np.asarray(_paper()).astype(np.uint16) * 257
    picture = decode(_bytes(Image.fromarray(deep), kind))
    assert np.array_equal(picture.gray, np.asarray(_paper()))


def test_clear_pixels_are_paper() -> None:
    clear = Image.new("RGBA", (300, 200), (0, 0, 0, 0))
    assert (decode(_bytes(clear, "PNG")).gray == 255).all()


def test_the_first_of_several_pages_is_read_with_a_note() -> None:
    second = Image.new("1", (1200, 550), 0)
    picture = decode(_g4(save_all=True, append_images=[second]))
    assert picture.gray.mean() > 128
    assert any("pages" in note for note in picture.notes)


def test_white_is_zero_reads_like_black_is_zero() -> None:
    plain = decode(_g4())
    data = bytearray(_g4())
    assert plain.gray[5, 5] == 255
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, entry)[0] == 262:
            value = struct.unpack_from("<H", data, entry + 8)[0]
            struct.pack_into("<H", data, entry + 8, 1 - value)
    assert np.array_equal(decode(bytes(data)).gray, 255 - plain.gray)


@pytest.mark.parametrize(
    ("size", "dpi"),
    [
        ((1200, 550), 200),
        ((550, 1200), 200),
        ((600, 275), 100),
        ((1700, 700), 200),
        ((2550, 1050), 300),
        ((1700, 2200), 200),
        ((850, 1100), 100),
        ((1440, 660), 240),
        ((1800, 825), 300),
    ],
)
def test_resolution_is_estimated_from_the_paper_size(size: tuple[int, int], dpi: int) -> None:
    assert estimate_dpi(*size) == dpi


@pytest.mark.parametrize("stated", [(72, 72), (96, 96), (1, 1), (20000, 20000), None])
def test_absurd_resolution_is_replaced(stated: tuple[int, int] | None) -> None:
    options = {"dpi": stated} if stated else {}
    picture = decode(_bytes(_paper(), "PNG", **options))
    assert (picture.dpi, picture.dpi_stated) == (200, False)


def test_pixels_of_fax_are_made_square() -> None:
    low = _paper("1").resize((1200, 275))
    picture = decode(_bytes(low, "TIFF", compression="group4", dpi=(200, 100)))
    assert picture.gray.shape == (550, 1200)
    assert picture.dpi == 200


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.7\n1 0 obj", "PDF"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"hello, this is no image at all", "not a TIFF"),
        (b"II*\0", "TIFF"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
    ],
)
def test_no_image_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableImage, match=reason) as caught:
        decode(data, "check.tif")
    assert caught.value.name == "check.tif"


@pytest.mark.parametrize("kind", ["TIFF", "JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_cut_off_files_are_refused(kind: str, share: float) -> None:
    data = _g4() if kind == "TIFF" else _bytes(_paper(), kind)
    with pytest.raises(UnreadableImage, match=f"(damaged|truncated) {kind}"):
        decode(data[: round(len(data) * share)])


def test_wrong_suffix_is_noted() -> None:
    assert decode(_bytes(_paper(), "JPEG"), "front.TIF").notes == ("named .tif but is a JPEG",)
    assert decode(_bytes(_paper(), "JPEG"), "front.jpg").notes == ()


def test_damage_inside_group_4_data_is_noted_unless_nobody_asks() -> None:
    """libtiff goes on after codes that do not exist, and gives a picture all the same."""
    data = bytearray(_g4(strip_size=10**6))
    with Image.open(io.BytesIO(data)) as image:
        assert isinstance(image, TiffImageFile)
        (start,), (length,) = image.tag_v2[Tag.StripOffsets], image.tag_v2[Tag.StripByteCounts]
    assert decode(bytes(data)).notes == ()
    data[start + length // 2] ^= 0xFF
    assert decode(bytes(data)).notes == ("its Group 4 data is damaged",)
    assert decode(bytes(data), proof=False).notes == ()


_AS_SHOWN: dict[
    int, Callable[[Any], Any]
] = {  # the tag Orientation: the picture as it is stored, from the one that is to be seen
    1: lambda seen: seen,
    2: np.fliplr,
    3: lambda seen: np.rot90(seen, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda seen: np.rot90(seen, 1),
    7: lambda seen: np.rot90(seen, 2).T,
    8: lambda seen: np.rot90(seen, 3),
}


@pytest.mark.parametrize("strip_size", [10**6, 150 * 100])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_group_4_of_every_orientation_is_turned_and_proven(orientation: int, strip_size: int) -> None:
    seen = np.asarray(_paper("1"))
    stored = Image.fromarray(np.ascontiguousarray(_AS_SHOWN[orientation](seen)))
    options = {"compression": "group4", "dpi": (200, 200), "strip_size": strip_size, "tiffinfo": {274: orientation}}
    whole = _bytes(stored, "TIFF", **options)
    picture = decode(whole)
    assert picture.notes == ()
    assert np.array_equal(picture.gray, seen.astype(np.uint8) * 255)
    with Image.open(io.BytesIO(whole)) as image:
        assert isinstance(image, TiffImageFile)
        start, length = image.tag_v2[Tag.StripOffsets][-1], image.tag_v2[Tag.StripByteCounts][-1]
    damaged = bytearray(whole)
    damaged[start + length // 3] ^= 0xFF
    assert decode(bytes(damaged)).notes == ("its Group 4 data is damaged",)


def test_a_resolution_that_differs_by_direction_turns_with_the_picture() -> None:
    stored = _paper("1").resize((1200, 275)).transpose(Image.Transpose.ROTATE_90)
    options = {"compression": "group4", "dpi": (100, 200), "tiffinfo": {274: 6}}
    assert decode(_bytes(stored, "TIFF", **options)).gray.shape == (550, 1200)


@pytest.mark.parametrize(
    "data", [b"II*\0\x08\0\0\0" + b"\1\0" * 40, b"\xff\xd8\xff\xe0 JOHN DOE", b"\x89PNG\r\n\x1a\nJOHN"]
)
def test_a_refusal_repeats_neither_addresses_nor_bytes(data: bytes) -> None:
    with pytest.raises(UnreadableImage) as caught:
        decode(data, "check.tif")
    assert not any(word in str(caught.value) for word in ("0x", "object", "JOHN", "<"))


@pytest.mark.parametrize("size", [(1, 1), (4, 3000), (2000, 20)])
def test_too_small_for_a_document(size: tuple[int, int]) -> None:
    with pytest.raises(UnreadableImage, match="too small"):
        decode(_bytes(Image.new("L", size), "PNG"))


def _png_bomb(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    body = zlib.compress(bytes(10 * width), 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(20_000, 20_000), (8_000, 8_000), (100_000, 64)])
def test_bombs_are_refused_before_they_are_decoded(size: tuple[int, int]) -> None:
    began = time.perf_counter()
    with pytest.raises(UnreadableImage, match=r"at most|too large"):
        decode(_png_bomb(*size))
    assert time.perf_counter() - began < 1


def test_bitonal_bomb_is_refused() -> None:
    data = _bytes(Image.new("1", (20_000, 20_000), 1), "TIFF", compression="group4")
    assert len(data) < 200_000
    with pytest.raises(UnreadableImage, match=r"at most|too large"):
        decode(data)


def test_jpeg_with_endless_scans_is_refused() -> None:
    data = _bytes(_paper(), "JPEG", progressive=True)
    at = data.index(b"\xff\xda")
    with pytest.raises(UnreadableImage, match="scans"):
        decode(data[:at] + data[at : at + 40] * 500 + data[at:])


_SEEDS = {"TIFF": _g4(), "JPEG": _bytes(_paper(), "JPEG"), "PNG": _bytes(_paper("1"), "PNG")}


@settings(max_examples=80, deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(sorted(_SEEDS)),
    changes=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=12),
)
def test_damaged_bytes_are_read_or_refused_but_never_crash(kind: str, changes: list[tuple[float, int]]) -> None:
    data = bytearray(_SEEDS[kind])
    for place, value in changes:
        data[int(place * len(data))] = value
    with contextlib.suppress(UnreadableImage):
        assert decode(bytes(data)).gray.ndim == 2
