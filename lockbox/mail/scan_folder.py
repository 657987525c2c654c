"""One scan folder read as a batch: control file, index and images are checked against one another."""

from __future__ import annotations

import os
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import file_digest, sha256
from pathlib import Path
from reprlib import repr as shown

from lockbox.errors import InputError
from lockbox.formats.tiff_pages import split_sides
from lockbox.mail.control_file import (
    count,
    day,
    parse_json,
    read_small,
    receipt,
    settles,
    text,
    utf8,
)
from lockbox.mail.delivery import (
    DEFAULT_LIMITS,
    ControlTotals,
    FailingControl,
    ImageSource,
    IncomingBatch,
    IncomingDocument,
    IntakeLimits,
    SetAside,
    fingerprint,
    image_problem,
    media_type,
    with_flags,
)
from lockbox.mail.envelope_order import hash_total, out_of_order
from lockbox.mail.scan_index import INDEX, Row, distinct, positive, read_rows
from lockbox.scopes import BatchScope

CONTROL, DONE = "batch.json", "DONE"
SUFFIXES = (".tif", ".tiff", ".jpg", ".jpeg")
MAX_FILES_PER_DOCUMENT = 4  # two are needed
# What systems and viewers leave in folders: nobody sent it, and it may come at any time.
LITTER = ("thumbs.db", "desktop.ini", "ehthumbs.db", "@eadir", "__macosx")
LITTER_BEGINNINGS = (".", "~$")
TRANSFERS = (".part", ".tmp", ".filepart", ".crdownload", ".partial")  # a file that is being copied


def read_folder(path: Path, site: str, business_date: date, limits: IntakeLimits) -> IncomingBatch:
    """The batch in the folder, every file of it either used or set aside with a reason.

    Raises:
        InputError: control file or index missing or unreadable, or of another site, day or batch than its folder.
    """
    control_data = read_small(path / CONTROL, CONTROL, limits.max_control_bytes)
    plain = parse_json(control_data, CONTROL)
    for key, expected in (("site", site), ("business_date", business_date.isoformat()), ("batch", path.name)):
        if unicodedata.normalize("NFC", text(plain, CONTROL, key)) != unicodedata.normalize("NFC", expected):
            raise InputError(f"{shown(plain[key])}, but the batch is in folder {expected!r}", CONTROL, field=key)
    index_data = read_small(path / INDEX, INDEX, limits.max_control_bytes)
    folder = _Folder(path, limits)
    rows = distinct(read_rows(utf8(index_data, INDEX), limits), folder.faults)
    folder.match(rows)
    documents = folder.documents(rows)
    control, scanner = _control(plain, folder.faults), _scanner(plain, folder.faults)
    _check_counts(control, rows, folder)
    content = [(CONTROL, sha256(control_data).hexdigest()), (INDEX, sha256(index_data).hexdigest())]
    return IncomingBatch(
        site=site,
        box=text(plain, CONTROL, "box"),
        business_date=day(text(plain, CONTROL, "business_date"), CONTROL, "business_date"),
        batch_no=path.name,
        received_at=receipt(text(plain, CONTROL, "received_at"), CONTROL, business_date, limits.doubts),
        source_name=f"{site}/{business_date}/{path.name}",
        source_kind="scan_folder",
        content_sha256=fingerprint(content + folder.hashes()),
        control=control,
        documents=tuple(document for document in documents if document.sequence not in folder.rejected),
        rejected=tuple(document for document in documents if document.sequence in folder.rejected),
        set_aside=tuple(folder.faults),
        scanner=scanner,
        failing_controls=tuple(_failing_controls(plain, rows, limits)),
        settles=settles(plain, CONTROL, BatchScope(site, business_date, path.name)),
    )


def awaited_files(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> list[str]:
    """The files that the folder lacks: control file, index, and what the index names; and those still being copied."""
    sizes = {file.name: file.lstat().st_size for file in path.iterdir() if not is_litter(file.name)}
    copied = sorted(name for name in sizes if name.lower().endswith(TRANSFERS))
    listed = [CONTROL, INDEX]
    try:
        for row in read_rows(utf8(read_small(path / INDEX, INDEX, limits.max_control_bytes), INDEX), limits):
            listed += [name for name in row.cells[2:] if name]
    except InputError:  # what cannot be read is told of when the batch is read
        pass
    there = {_folded(name) for name, size in sizes.items() if size}
    return [*dict.fromkeys(name for name in listed if _folded(name) not in there), *copied]


class _Folder:
    """The files of the folder, each read once, and what is wrong with them."""

    def __init__(self, path: Path, limits: IntakeLimits) -> None:
        self.path, self.limits = path, limits
        self.faults: list[SetAside] = []
        self.rejected: set[int] = set()
        self.sources: dict[str, ImageSource] = {}
        self.reasons: dict[str, str] = {}  # file: why it cannot be used
        self.sides: dict[str, tuple[ImageSource, ImageSource]] = {}  # TIFF of two pages: front and back
        self.used: dict[str, str] = {}  # file: the row that named it first
        self.extra: list[str] = []  # files that no row lists
        self.names = sorted(
            file.name for file in path.iterdir() if file.name not in (CONTROL, INDEX, DONE) and not is_litter(file.name)
        )
        self.alike: dict[str, list[str]] = {}  # names that differ only in case or in how accents are written
        for name in self.names:
            self.alike.setdefault(_folded(name), []).append(name)
        max_files = MAX_FILES_PER_DOCUMENT * limits.max_documents
        if len(self.names) > max_files:
            raise InputError(f"{len(self.names):,} files; at most {max_files:,} are read", path.name)
        for name in self.names:
            self.inspect(name)

    def inspect(self, name: str) -> None:
        """Decodes one file; one image at a time is in memory."""
        path = self.path / name
        if path.is_symlink():
            self.reasons[name] = "is a link, not a file"
        elif not path.is_file():
            self.reasons[name] = "is not a regular file"
        elif not name.lower().endswith(SUFFIXES):
            self.reasons[name] = f"is none of {', '.join(SUFFIXES)}"
        elif path.stat().st_size > self.limits.max_image_bytes:
            size = path.stat().st_size
            self.reasons[name] = f"{size:,} bytes; at most {self.limits.max_image_bytes:,} are taken in"
        else:
            data = path.read_bytes()
            self.sources[name] = ImageSource(
                path, name, sha256(data).hexdigest(), len(data), media_type=media_type(data)
            )
            reason = image_problem(data, name, self.limits)
            if reason is not None:
                self.reasons[name] = reason
                self.part(name, data)

    def part(self, name: str, data: bytes) -> None:
        """Keeps a TIFF of two usable pages as front and back of the document whose only file it is."""
        pages = split_sides(data) or ()
        if pages and not any(image_problem(page, name, self.limits) for page in pages):
            front, back = (
                replace(self.sources[name], sha256=sha256(page).hexdigest(), page=number)
                for number, page in enumerate(pages, 1)
            )
            self.sides[name] = front, back

    def hashes(self) -> list[tuple[str, str]]:
        """Every file by name with the hash of its bytes, used or not: no limit and no wording of ours is in it."""
        return [
            (name, self.sources[name].sha256 if name in self.sources else _hash(self.path / name))
            for name in self.names
        ]

    def match(self, rows: list[Row]) -> None:
        """Finds the files of the rows, and sets aside those that no row lists."""
        for row in rows:
            sequence, envelope, *sides = row.cells
            front, back = map(self.name, sides)
            row.cells = sequence, envelope, front, back
        listed = {name for row in rows for name in row.cells[2:]}
        self.extra = [name for name in self.names if name not in listed]
        for name in self.extra:
            problem = f" ({self.reasons[name]})" if name in self.reasons else ""
            self.faults.append(SetAside(name, "", "", f"is not listed in {INDEX}{problem}"))

    def name(self, listed: str) -> str:
        """The file that a row means: the one of this name, else the only one that differs just in case or accents."""
        alike = self.alike.get(_folded(listed), [])
        return alike[0] if len(alike) == 1 else listed

    def documents(self, rows: list[Row]) -> list[IncomingDocument]:
        """One document for every row, in sequence order; those rejected are in `rejected`."""
        good_first = sorted(rows, key=lambda row: bool(row.faults))  # a bad row never takes a good one's image
        documents = sorted((self.document(row) for row in good_first), key=lambda document: document.sequence)
        fronts = Counter(document.front.sha256 for document in documents if document.front)
        incomplete = {document.envelope_no for document in documents if document.sequence in self.rejected}
        flagged = []
        for document in documents:
            flags = ["same_image"] if document.front and fronts[document.front.sha256] > 1 else []
            if document.envelope_no in incomplete and document.sequence not in self.rejected:
                flags.append("envelope_incomplete")
            flagged.append(replace(document, flags=with_flags(document, *flags)))
        return flagged

    def document(self, row: Row) -> IncomingDocument:
        """The document of a row; it is rejected if its front or the row itself cannot be used."""
        for key, reason in row.faults:
            self.faults.append(SetAside(INDEX, row.record, key, reason, row.sequence))
        front, back = self.both_sides(row) or (
            self.image(row, "front", row.cells[2]),
            self.image(row, "back", row.cells[3]),
        )
        if front is None or row.faults:
            self.rejected.add(row.sequence)
        flags = ("back_missing",) if back is None else ()
        return IncomingDocument(row.sequence, row.envelope_no, front, back, flags=flags)

    def both_sides(self, row: Row) -> tuple[ImageSource, ImageSource] | None:
        """Front and back, where the row names one file for both and that has two pages."""
        _, _, name, other = row.cells
        if name not in self.sides or other not in ("", name) or name in self.used:
            return None
        self.used[name] = row.record
        return self.sides[name]

    def image(self, row: Row, side: str, name: str) -> ImageSource | None:
        """The image that the row names, or None with the reason set aside."""
        reason = self.problem(name)
        if reason is None:
            self.used[name] = row.record
            return self.sources[name]
        self.faults.append(SetAside(name or INDEX, row.record, side, reason, row.sequence))
        return None

    def problem(self, name: str) -> str | None:
        """Why the file named in a row cannot be used, or None."""
        if not name:
            return "no file name given"
        if name in (".", "..") or any(separator in name for separator in "/\\\0"):
            return "is not a plain file name; files outside the folder are never read"
        if name not in self.names:
            alike = self.alike.get(_folded(name), [])
            if alike:
                return f"is missing; {' and '.join(alike)} differ from it only in case: name the right one"
            extra = ", ".join(self.extra[:3])
            return "is missing" + (f"; the folder has files that no row lists: {extra}" if extra else "")
        if name in self.reasons:
            return self.reasons[name]
        return f"is already used in {self.used[name]}" if name in self.used else None


def is_litter(name: str) -> bool:
    """Whether a system or a viewer left this file, so that it belongs to no delivery."""
    return name.lower() in LITTER or name.startswith(LITTER_BEGINNINGS)


def _folded(name: str) -> str:
    """A name as the file systems of scanners compare it: without regard to case and to how accents are written."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _hash(path: Path) -> str:
    """The hash of a file that is not read as an image; of a link, its target; of what is no file, nothing."""
    if path.is_symlink():
        return sha256(os.fsencode(path.readlink())).hexdigest()
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _control(plain: dict[str, object], faults: list[SetAside]) -> ControlTotals:
    """The control totals; one that is missing or not a count is set aside."""
    totals: dict[str, int | None] = {}
    for key in ("envelopes", "documents", "images"):
        try:
            totals[key] = count(plain.get(key), CONTROL, key)
        except InputError as error:
            totals[key] = None
            faults.append(SetAside(CONTROL, "", key, error.reason))
    return ControlTotals(**totals)


def _scanner(plain: dict[str, object], faults: list[SetAside]) -> str:
    """The scanner's name; one that is no text is set aside."""
    try:
        return text(plain, CONTROL, "scanner") if plain.get("scanner") else ""
    except InputError as error:
        faults.append(SetAside(CONTROL, "", "scanner", error.reason))
        return ""


def _check_counts(control: ControlTotals, rows: list[Row], folder: _Folder) -> None:
    """Sets aside each control total that does not match what came."""
    images = sum(name.lower().endswith(SUFFIXES) for name in folder.names) + len(folder.sides)
    for key, declared, counted, place in (
        ("envelopes", control.envelopes, len({row.envelope_no for row in rows}), INDEX),
        ("documents", control.documents, len(rows), INDEX),
        ("images", control.images, images, "the folder"),
    ):
        if declared is not None and declared != counted:
            folder.faults.append(SetAside(CONTROL, "", key, f"says {declared}, but {place} has {counted}"))


def _failing_controls(plain: dict[str, object], rows: list[Row], limits: IntakeLimits) -> Iterator[FailingControl]:
    """What says that documents are in other envelopes than the index has them: the hash total, else the order."""
    numbers = [(positive(row.cells[0]) or 0, positive(row.cells[1]) or 0) for row in rows]
    declared, counted = plain.get("hash_total"), hash_total(numbers)
    if declared is not None and declared != counted:
        last = max(row.sequence for row in rows)
        reason = f"the hash total of sequences and envelopes does not hold (says {shown(declared)}, counted {counted})"
        yield FailingControl(f"{CONTROL} hash_total", 1, last, reason)
    elif limits.envelopes_in_order:
        yield from out_of_order((row.sequence, row.envelope_no) for row in rows if not row.faults)
