"""The bytes of a scan as one gray picture, or refused with a reason, within bounded time and memory."""

from __future__ import annotations

import io
import struct
import warnings
from dataclasses import dataclass
from itertools import product
from math import log
from pathlib import PurePath
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from PIL.ExifTags import Base as Tag

from ocr.errors import UnreadableImage

Gray = NDArray[np.uint8]

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 40_000_000  # a US letter page at 600 dpi has 34 million
MAX_SIDE_PX = 16_000
MIN_SIDE_PX = 32  # a MICR character of a 100 dpi scan is 12 pixels high: nothing smaller can be a document
MAX_JPEG_SCANS = 100  # progressive files have about 10; thousands of scans are an attack on time

_SUFFIXES = {
    "TIFF": (".tif", ".tiff"),
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
}
_JPEG_SCAN = b"\xff\xda"  # the marker that begins each scan
_END_BYTES = 12  # end mark and padding of Group 4 data, written by some encoders and not by others
_GROUP4 = 4  # ITU-T T.6, as the tag Compression has it
_BLACK_IS_ZERO = 1  # as the tag PhotometricInterpretation has it
_NORMAL = 1  # of the tags FillOrder and Orientation: high bit first, upright
_LOW_BIT_FIRST = 2  # of the tag FillOrder
_TURNED_BACK = {  # by the tag Orientation: what undoes the turn that Pillow makes when it loads the pixels
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
_ON_ITS_SIDE = (5, 6, 7, 8)
_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_TO_8_BITS = 257  # 65,535 / 255
_OTHER_FORMATS = ((b"%PDF", "a PDF"), (b"PK\x03\x04", "a ZIP archive"), (b"GIF8", "a GIF"), (b"BM", "a BMP"))
_DEFAULT_DPI = {72, 96}  # what programs write when they do not know
_LEAST_DPI, _MOST_DPI = 80, 1200  # scanners of documents deliver 100 to 600
_DPI_RATIO_MOST = 3  # across to down; the coarsest fax has 2 to 1
_SQUARE_ENOUGH = 0.02  # a difference of this share between across and down is rounding
_LEAST_LONG_IN, _MOST_LONG_IN = 3.0, 18.0  # long side of a note, and of anything that a mailed envelope holds
_SCANNER_DPI = (100, 120, 150, 200, 240, 300, 400, 600)
# Long side in inches and ratio of the sides: personal check, business check (two heights), US letter.
_PAPERS = ((6.0, 2.18), (6.0, 2.0), (8.5, 2.43), (8.5, 2.31), (11.0, 1.294))
_SIZE_WEIGHT = 2  # how much more the long side counts than the ratio: cropping changes the ratio first


@dataclass(frozen=True, slots=True)
class Picture:
    """A decoded document: `gray` is uint8 [height, width], 0 black, 255 white; `dpi` the same both ways."""

    gray: Gray
    dpi: int
    dpi_stated: bool  # False: the file did not say, or said nonsense; estimated from the size
    format: str  # "TIFF", "JPEG", "PNG"
    bitonal: bool
    notes: tuple[str, ...] = ()  # what an operator should know: further pages, a suffix that does not fit


class _Decoded(NamedTuple):
    """What Pillow makes of a file, before its resolution is judged."""

    gray: Gray
    stated_dpi: tuple[float, float] | None
    bitonal: bool
    notes: tuple[str, ...]


def decode(data: bytes, name: str = "", proof: bool = True) -> Picture:
    """The picture in the bytes of a TIFF, JPEG or PNG file; of several pages the first, with a note.

    `name` is the file's name, for messages and to compare its suffix with the content. The size is checked in the
    header, before anything is decoded. `proof=False` skips the costly proof that Group 4 data is sound.

    Raises:
        UnreadableImage: empty, no TIFF/JPEG/PNG, truncated, corrupt, too large, too small, or of an unknown kind.
    """
    kind = _kind(data, name)
    if kind == "JPEG" and data.count(_JPEG_SCAN) > MAX_JPEG_SCANS:
        raise UnreadableImage(f"JPEG with more than {MAX_JPEG_SCANS} scans", name)
    try:
        decoded = _decoded(data, kind, name, proof)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnreadableImage("too large to decode", name) from error
    except UnreadableImage:
        raise
    except (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, OverflowError, struct.error) as error:
        # Pillow's parsers raise all of these on damaged files; UnidentifiedImageError is an OSError.
        # Their words may hold addresses and bytes of the file.
        raise UnreadableImage(f"damaged {kind}: it cannot be decoded", name) from error
    except (EOFError, MemoryError, ZeroDivisionError, RuntimeError, AttributeError) as error:
        raise UnreadableImage(f"damaged {kind}: {type(error).__name__}", name) from error
    gray, dpi, known = _with_dpi(decoded.gray, decoded.stated_dpi)
    return Picture(gray, dpi, known, kind, decoded.bitonal, _suffix_notes(kind, name) + decoded.notes)


def estimate_dpi(width_px: int, height_px: int) -> int:
    """The scanner resolution at which these sides come nearest to a check, a coupon or a letter page."""
    long, ratio = max(width_px, height_px), max(width_px, height_px) / min(width_px, height_px)

    def miss(choice: tuple[tuple[float, float], int]) -> float:
        (inches, expected), dpi = choice
        return _SIZE_WEIGHT * abs(log(long / dpi / inches)) + abs(log(ratio / expected))

    return min(product(_PAPERS, _SCANNER_DPI), key=miss)[1]


def _decoded(data: bytes, kind: str, name: str, proof: bool) -> _Decoded:
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        warnings.simplefilter("ignore", UserWarning)  # odd metadata does not matter here
        with Image.open(io.BytesIO(data), formats=(kind,)) as image:
            _check_size(image, name)
            if kind == "TIFF":
                _check_strips(image, data, name)
            orientation = _orientation(image)  # gone once the pixels are loaded
            stated = _stated_dpi(image)
            if stated and orientation in _ON_ITS_SIDE:
                stated = stated[::-1]
            bitonal = image.mode == "1"
            gray = _gray(image, name)
            damage = _group4_notes(image, orientation, data) if kind == "TIFF" and bitonal and proof else ()
            return _Decoded(gray, stated, bitonal, damage + _page_notes(image, kind))


def _kind(data: bytes, name: str) -> str:
    if not data:
        raise UnreadableImage("empty file", name)
    if len(data) > MAX_BYTES:
        raise UnreadableImage(f"{len(data):,} bytes; at most {MAX_BYTES:,} are read", name)
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "TIFF"
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    for magic, other_format in _OTHER_FORMATS:
        if data.startswith(magic):
            raise UnreadableImage(f"{other_format}, not a TIFF, JPEG or PNG image", name)
    raise UnreadableImage("not a TIFF, JPEG or PNG image", name)


def _suffix_notes(kind: str, name: str) -> tuple[str, ...]:
    suffix = PurePath(name).suffix.lower()
    if suffix and suffix not in _SUFFIXES[kind] and any(suffix in known for known in _SUFFIXES.values()):
        return (f"named {suffix} but is a {kind}",)
    return ()


def _check_size(image: Image.Image, name: str) -> None:
    width, height = image.size
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE_PX:
        raise UnreadableImage(f"{width} x {height} pixels; at most {MAX_PIXELS:,} are decoded", name)
    if min(width, height) < MIN_SIDE_PX:
        raise UnreadableImage(f"{width} x {height} pixels is too small for a document", name)


def _check_strips(image: Any, data: bytes, name: str) -> None:
    """Refuse a TIFF whose pixel data would lie beyond its end: libtiff silently fills in what is missing."""
    tags = image.tag_v2
    for offsets, counts in ((Tag.StripOffsets, Tag.StripByteCounts), (Tag.TileOffsets, Tag.TileByteCounts)):
        for offset, count in zip(_ints(tags.get(offsets)), _ints(tags.get(counts)), strict=False):
            if offset + count > len(data):
                raise UnreadableImage("truncated TIFF: its pixels end after the file", name)


def _ints(value: Any) -> tuple[int, ...]:
    if value is None:
        return ()
    return tuple(int(number) for number in value) if isinstance(value, tuple) else (int(value),)


def _orientation(image: Image.Image) -> int:
    orientation = image.getexif().get(Tag.Orientation, _NORMAL)
    return orientation if isinstance(orientation, int) else _NORMAL


def _stated_dpi(image: Image.Image) -> tuple[float, float] | None:
    stated: Any = image.info.get("dpi")
    try:
        across, down = map(float, stated)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return across, down


def _gray(image: Image.Image, name: str) -> Gray:
    if image.mode.startswith("I"):  # 16 bits: the upper eight hold all that matters
        deep = np.asarray(image)
        deep = deep.astype(np.float32) / (_TO_8_BITS if deep.max(initial=0) > 255 else 1)
        return np.clip(deep, 0, 255).astype(np.uint8)
    if image.mode == "F":
        raise UnreadableImage("pixels are floating-point numbers", name)
    upright: Any = ImageOps.exif_transpose(image)
    if "A" in upright.getbands() or "transparency" in upright.info:
        clear = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", clear.size, "white"), clear)
    return np.ascontiguousarray(np.asarray(upright.convert("L"), np.uint8))


def _group4_notes(image: Any, orientation: int, data: bytes) -> tuple[str, ...]:
    """A note when encoding the picture again does not give the Group 4 data that it came from.

    libtiff silently goes on after codes that do not exist. The coding leaves no choices (ITU-T T.6), so sound data is
    reproduced strip by strip except for its end mark. Another encoder's habits must not stop a batch: hence a note, no
    refusal.
    """
    tags = image.tag_v2
    strips = list(zip(_ints(tags.get(Tag.StripOffsets)), _ints(tags.get(Tag.StripByteCounts)), strict=False))
    if tags.get(Tag.Compression) != _GROUP4 or not strips:
        return ()
    stored = image.transpose(_TURNED_BACK[orientation]) if orientation in _TURNED_BACK else image
    white = np.asarray(stored)
    bits = np.packbits(white if tags.get(Tag.PhotometricInterpretation) == _BLACK_IS_ZERO else ~white, axis=1)
    encoded = io.BytesIO()
    rows = min(int(tags.get(Tag.RowsPerStrip) or stored.height), stored.height)
    plain = Image.frombytes("1", stored.size, bits.tobytes())
    plain.save(encoded, "TIFF", compression="group4", strip_size=rows * bits.shape[1])
    coded = [data[start : start + max(0, count - _END_BYTES)] for start, count in strips]
    if tags.get(Tag.FillOrder, _NORMAL) == _LOW_BIT_FIRST:
        coded = [strip.translate(_REVERSED) for strip in coded]
    is_sound = all(strip in encoded.getvalue() for strip in coded)
    return () if is_sound else ("its Group 4 data is damaged",)


def _page_notes(image: Image.Image, kind: str) -> tuple[str, ...]:
    if kind != "TIFF":
        return ()
    try:
        image.seek(1)
    except (EOFError, OSError, ValueError, SyntaxError, KeyError, TypeError, struct.error):
        return ()
    return ("has several pages; only the first was read",)


def _with_dpi(gray: Gray, stated: tuple[float, float] | None) -> tuple[Gray, int, bool]:
    height, width = gray.shape
    if stated is None or not _plausible(width, height, *stated):
        return gray, estimate_dpi(width, height), False
    across, down = stated
    if abs(across / down - 1) > _SQUARE_ENOUGH:  # fax resolutions differ by direction; readers need square pixels
        size = (width, round(height * across / down)) if across > down else (round(width * down / across), height)
        if size[0] * size[1] > MAX_PIXELS:
            return gray, estimate_dpi(width, height), False
        square: Any = cv2.resize(gray, size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(square, np.uint8), round(max(across, down)), True
    return gray, round(across), True


def _plausible(width: int, height: int, across: float, down: float) -> bool:
    if not (_LEAST_DPI <= across <= _MOST_DPI and _LEAST_DPI <= down <= _MOST_DPI):
        return False
    if not 1 / _DPI_RATIO_MOST <= across / down <= _DPI_RATIO_MOST:
        return False
    if {round(across), round(down)} & _DEFAULT_DPI:
        return False
    return _LEAST_LONG_IN <= max(width / across, height / down) <= _MOST_LONG_IN
