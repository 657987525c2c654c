"""Whether bytes are a whole, undamaged TIFF or JPEG image."""

from __future__ import annotations

import io
from struct import unpack_from
from typing import Any

from PIL import Image, ImageChops
from PIL.TiffImagePlugin import TiffImageFile

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
SLACK_BYTES = 8  # encoders differ in end marks and fill
MAX_ENTRIES = 200
MAX_DIRECTORIES = 1_000
WIDTH, HEIGHT, OFFSETS, COUNTS = 256, 257, 273, 279
SUBTYPE, PREVIEW = 254, 1  # the tag NewSubfileType: bit 0 of a smaller copy of another page
TURNED_BACK = {  # the tag Orientation: what undoes the turn that Pillow makes by it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8}
STRANGERS = ((b"%PDF", "a PDF"), (b"PK\3\4", "a ZIP archive"), (b"GIF8", "a GIF"), (b"\x89PNG", "a PNG"))


def header_problem(data: bytes, max_pixels: int = 40_000_000) -> str | None:
    """Why these bytes are no whole TIFF or JPEG image, or None.

    Looks at the magic number, the directories, and whether all strips lie inside the file. It decodes nothing, so the
    pixels may still be damaged. A TIFF of several pages is none: only its first one would be read. Previews, marked as
    such, are no pages.
    """
    if not data:
        return "empty image"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return _tiff_problem(data, "<" if data[:2] == b"II" else ">", max_pixels)
    if data[:3] == b"\xff\xd8\xff":
        return None if b"\xff\xd9" in data[-64:] else "truncated JPEG: no end marker"
    stranger = next((what for magic, what in STRANGERS if data.startswith(magic)), None)
    return f"{stranger}, not a TIFF or JPEG image" if stranger else "not a TIFF or JPEG image"


def group4_problem(data: bytes) -> str | None:
    """Why the pixels of a Group 4 TIFF cannot be those that were scanned, or None; always None for other images.

    Decoders silently fill in damaged lines. But T.6 leaves an encoder no choice: encoding the decoded pixels again
    must give the same bytes, and after damage it does not.

    Raises:
        OSError, ValueError, TypeError: the image cannot be decoded, or its tags make no sense.
    """
    with Image.open(io.BytesIO(data)) as image:
        coded = _strips(image, data)
        if not isinstance(image, TiffImageFile) or image.mode != "1" or image.info.get("compression") != "group4":
            return None
        tags: Any = image.tag_v2
        turned_back = TURNED_BACK.get(tags.get(274, 1))  # gone once the pixels are loaded
        stored = image.copy() if turned_back is None else image.transpose(turned_back)
        rows = min(int(tags.get(278) or stored.height), stored.height)
        recoded = io.BytesIO()
        stride = (stored.width + 7) // 8
        # A copy: save would write the old tags too. Inverted here: Pillow inverts pixel by pixel in Python.
        plain = stored if tags.get(262, 0) else ImageChops.invert(stored)
        plain.save(recoded, "TIFF", compression="group4", strip_size=rows * stride)
        if tags.get(266, 1) == 2:
            coded = [strip.translate(REVERSED) for strip in coded]
    with Image.open(recoded) as image:
        expected = _strips(image, recoded.getvalue())
    if len(coded) == len(expected) and all(_same(*pair) for pair in zip(coded, expected, strict=True)):
        return None
    return "damaged TIFF: what it decodes to is not what was scanned"


def _strips(image: Image.Image, data: bytes) -> list[bytes]:
    tags: Any = getattr(image, "tag_v2", {})
    places = zip(tags.get(OFFSETS, ()), tags.get(COUNTS, ()), strict=False)
    return [data[offset : offset + count] for offset, count in places]


def _same(coded: bytes, expected: bytes) -> bool:
    """Whether the codes are equal apart from end mark and fill."""
    coded, expected = coded.rstrip(b"\0"), expected.rstrip(b"\0")
    size = max(min(len(coded), len(expected)) - SLACK_BYTES, 0)
    return abs(len(coded) - len(expected)) <= SLACK_BYTES and coded[:size] == expected[:size]


def _tiff_problem(data: bytes, order: str, max_pixels: int) -> str | None:
    if len(data) < 8:
        return "truncated TIFF: no directory"
    (at,) = unpack_from(order + "I", data, 4)
    directories: list[dict[int, tuple[int, ...]]] = []
    seen: set[int] = set()
    while at or not directories:
        if at + 2 > len(data):
            return "truncated TIFF: its directory lies beyond the end"
        (count,) = unpack_from(order + "H", data, at)
        end = at + 2 + 12 * count
        if not 0 < count <= MAX_ENTRIES or end > len(data) or at in seen or len(seen) >= MAX_DIRECTORIES:
            return "damaged TIFF: its directory makes no sense"
        seen.add(at)
        directories.append(dict(_entry(data, order, at + 2 + 12 * entry) for entry in range(count)))
        at = unpack_from(order + "I", data, end)[0] if end + 4 <= len(data) else 0
    return _judge(directories[0], len(data), max_pixels) or _pages_problem(directories)


def _pages_problem(directories: list[dict[int, tuple[int, ...]]]) -> str | None:
    pages = [not ((tags.get(SUBTYPE) or (0,))[0] & PREVIEW) for tags in directories]
    if len(pages) > 1 and not pages[0]:
        return "a TIFF whose first page is a preview: the page itself would not be read"
    if sum(pages) > 1:
        hint = "send each in a file of its own"
        hint += ", or, in a scan folder, front and back as the only file of their row" if sum(pages) == 2 else ""
        return f"a TIFF of {sum(pages)} pages, of which only the first would be read; {hint}"
    return None


def _entry(data: bytes, order: str, at: int) -> tuple[int, tuple[int, ...]]:
    """Tag and integer values of one directory entry; no values if they lie outside the file or have another type."""
    tag, kind, count = unpack_from(order + "HHI", data, at)
    size = SIZES.get(kind, 0) * count
    if kind not in (3, 4) or not 0 < count <= 65_536:
        return tag, ()
    start = at + 8 if size <= 4 else unpack_from(order + "I", data, at + 8)[0]
    if start + size > len(data):
        return tag, ()
    return tag, unpack_from(f"{order}{count}{'H' if kind == 3 else 'I'}", data, start)


def _judge(tags: dict[int, tuple[int, ...]], size_bytes: int, max_pixels: int) -> str | None:
    width, height = (tags.get(tag, ()) for tag in (WIDTH, HEIGHT))
    if not width or not height or not width[0] or not height[0]:
        return "damaged TIFF: no width or height"
    if width[0] * height[0] > max_pixels:
        return f"{width[0]} x {height[0]} pixels; at most {max_pixels:,} are read"
    offsets, counts = tags.get(OFFSETS, ()), tags.get(COUNTS, ())
    if not offsets or len(offsets) != len(counts):
        return "damaged TIFF: no pixels"
    if any(offset + count > size_bytes for offset, count in zip(offsets, counts, strict=True)):
        return "truncated TIFF: its pixels end after the file"
    return None
