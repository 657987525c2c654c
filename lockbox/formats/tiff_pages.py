"""Front and back of a document that came as the two pages of one TIFF, each taken out as a TIFF of its own.

Nothing is decoded: tags and codes are copied as they are (TIFF 6.0, sections 2 and 8). Previews are no pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from struct import error, pack, unpack_from

from lockbox.formats.tiff import COUNTS, MAX_DIRECTORIES, MAX_ENTRIES, OFFSETS, PREVIEW, SUBTYPE

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}  # bytes of a value, by type
TILE_OFFSETS, TILE_COUNTS = 324, 325
LEFT_OUT = (330, 34665, 34853, 40965)  # pointers to further directories: nothing in them is part of the picture
UNMOVABLE = (513, 519, 520, 521)  # pointers into the codes of a JPEG of the old kind
Value = tuple[int, int, bytes]  # type, number of values, their bytes
Tags = Mapping[int, Value]


def split_sides(data: bytes) -> tuple[bytes, bytes] | None:
    """The two pages, or None if the bytes are no TIFF of just two pages that can be parted."""
    if data[:4] not in (b"II*\0", b"MM\0*"):
        return None
    order = "<" if data[:2] == b"II" else ">"
    try:
        pages = [tags for tags in _directories(data, order) if not _is_preview(tags, order)]
        return (_alone(data, order, pages[0]), _alone(data, order, pages[1])) if len(pages) == 2 else None
    except (error, ValueError, KeyError):
        return None


def _directories(data: bytes, order: str) -> Iterator[Tags]:
    """The tags of each page and preview.

    Raises:
        struct.error, ValueError, KeyError: a directory makes no sense.
    """
    (at,) = unpack_from(f"{order}I", data, 4)
    seen: set[int] = set()
    while at:
        (count,) = unpack_from(f"{order}H", data, at)
        if at in seen or len(seen) >= MAX_DIRECTORIES or count > MAX_ENTRIES:
            raise ValueError(f"directory at {at}")
        seen.add(at)
        yield dict(_entry(data, order, at + 2 + 12 * number) for number in range(count))
        (at,) = unpack_from(f"{order}I", data, at + 2 + 12 * count)


def _entry(data: bytes, order: str, at: int) -> tuple[int, Value]:
    tag, kind, count = unpack_from(f"{order}HHI", data, at)
    size = SIZES[kind] * count
    start = at + 8 if size <= 4 else unpack_from(f"{order}I", data, at + 8)[0]
    value = data[start : start + size]
    if len(value) != size:
        raise ValueError(f"tag {tag} lies beyond the end")
    return tag, (kind, count, value)


def _is_preview(tags: Tags, order: str) -> bool:
    return SUBTYPE in tags and bool(_integers(tags[SUBTYPE], order)[0] & PREVIEW)


def _integers(value: Value, order: str) -> tuple[int, ...]:
    kind, count, data = value
    return unpack_from(f"{order}{count}{ {3: 'H', 4: 'I'}[kind] }", data)


def _alone(data: bytes, order: str, tags: Tags) -> bytes:
    """A page as a file: header, directory, values, codes.

    Raises:
        ValueError, KeyError: it has no codes, or some that cannot be moved.
    """
    if any(tag in tags for tag in UNMOVABLE):
        raise ValueError("a JPEG of the old kind")
    offsets, counts = (TILE_OFFSETS, TILE_COUNTS) if TILE_OFFSETS in tags else (OFFSETS, COUNTS)
    places = zip(_integers(tags[offsets], order), _integers(tags[counts], order), strict=True)
    codes = [data[at : at + size] for at, size in places]
    kept = {tag: value for tag, value in tags.items() if tag not in LEFT_OUT}
    at = 8 + 2 + 12 * len(kept) + 4 + sum(_room(value) for tag, value in kept.items() if tag != offsets)
    at += 4 * len(codes) if len(codes) > 1 else 0
    starts = [at + sum(len(code) + len(code) % 2 for code in codes[:number]) for number in range(len(codes))]
    kept[offsets] = 4, len(starts), pack(f"{order}{len(starts)}I", *starts)
    return _file(order, kept) + b"".join(code + b"\0" * (len(code) % 2) for code in codes)


def _room(value: Value) -> int:
    """The bytes that a value takes beside its entry; each begins at an even place."""
    size = len(value[2])
    return size + size % 2 if size > 4 else 0


def _file(order: str, tags: Tags) -> bytes:
    at = 8 + 2 + 12 * len(tags) + 4
    entries, values = b"", b""
    for tag, (kind, count, value) in sorted(tags.items()):
        inline = value.ljust(4, b"\0") if len(value) <= 4 else pack(f"{order}I", at + len(values))
        entries += pack(f"{order}HHI", tag, kind, count) + inline
        values += value + b"\0" * (len(value) % 2) if len(value) > 4 else b""
    header = b"II*\0" if order == "<" else b"MM\0*"
    return header + pack(f"{order}IH", 8, len(tags)) + entries + pack(f"{order}I", 0) + values
