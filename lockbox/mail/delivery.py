"""One delivered batch as values: its documents, where their images are, and what was set aside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path

from lockbox.errors import InputError, printable
from lockbox.formats.tiff import group4_problem, header_problem
from lockbox.formats.tiff_pages import split_sides
from lockbox.mail.control_file import NO_DOUBTS, Doubts
from ocr.errors import UnreadableImage
from ocr.image.decode import decode

FLAGS = (
    "back_missing",  # no usable back
    "envelope_incomplete",  # another document of the envelope was rejected
    "same_image",  # its front is, byte for byte, that of another document of the batch
)


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """More than this cannot come from a scanner; the defaults are ten times what one delivers."""

    max_image_bytes: int = 10_000_000
    max_image_pixels: int = 40_000_000  # a letter page at 300 dpi has 8.4 million
    max_documents: int = 10_000
    max_control_bytes: int = 10_000_000  # batch.json, index.csv, manifest.json
    max_x9_bytes: int = 1_000_000_000
    doubts: Doubts = NO_DOUBTS  # when its days and times are not believed
    envelopes_in_order: bool = True  # the documents of a scan folder's envelopes follow each other in sequence
    accept_test_files: bool = False  # take in X9 files that say that they are a test
    verify_group4: bool = True  # encode decoded pixels again to find damage; off for scanners with their own encoder


DEFAULT_LIMITS = IntakeLimits()


@dataclass(frozen=True, slots=True)
class CarriedFields:
    """What the sender of an X9 file says about a check; "" where a field is not given."""

    routing: str = ""  # 9 digits with a valid check digit
    bank_account: str = ""  # digits; spaces and dashes dropped
    serial: str = ""
    aux_on_us: str = ""
    amount_cents: int | None = None


@dataclass(frozen=True, slots=True)
class ImageSource:
    """Where the bytes of one image are, checked once; `load` reads them again when they are needed."""

    path: Path
    name: str  # file name in the folder, or "record 8" of the X9 file
    sha256: str  # hex
    size_bytes: int
    offset: int = 0  # byte where the image starts in `path`
    media_type: str = "image/tiff"  # or "image/jpeg"
    page: int = 0  # of a TIFF of two, front and back: 1 or 2, taken out of it; `sha256` is that of the page

    def load(self) -> bytes:
        """The image's bytes, the same that intake checked.

        Raises:
            InputError: the file has changed since.
            OSError: it is gone or cannot be read for now.
        """
        with self.path.open("rb") as file:
            file.seek(self.offset)
            data = file.read(self.size_bytes)
        if self.page:
            sides = split_sides(data)
            data = sides[self.page - 1] if sides else b""
        if sha256(data).hexdigest() != self.sha256:
            raise InputError("has changed since it was taken in", str(self.path), field=self.name)
        return data


@dataclass(frozen=True, slots=True)
class IncomingDocument:
    """One document as delivered. In `IncomingBatch.documents` every document has a front that decodes."""

    sequence: int  # unique in the batch, 1 and up
    envelope_no: int
    front: ImageSource | None
    back: ImageSource | None
    carried: CarriedFields | None = None
    flags: tuple[str, ...] = ()  # of FLAGS, in that order
    more_views: int = 0  # of an X9 file: images beside a usable front and back, not kept

    @property
    def images(self) -> int:
        """How many usable images it has."""
        return (self.front is not None) + (self.back is not None) + self.more_views


@dataclass(frozen=True, slots=True)
class SetAside:
    """One file or record that was not taken in, and why. `sequence` is that of its document, if one is known."""

    file: str
    record: str  # row of the index ("row 7"), record of the X9 file ("record 12"), "" for the whole file
    field: str
    reason: str
    sequence: int | None = None

    def __post_init__(self) -> None:
        """A name or a value from a file may hold what no database stores."""
        for name in ("file", "reason"):
            object.__setattr__(self, name, printable(getattr(self, name)))


@dataclass(frozen=True, slots=True)
class FailingControl:
    """A control that does not agree with the documents that it covers: they wait for a person."""

    record: str  # of an X9 file ("record 14"); of a scan folder "sequences 5 to 8", or a total of batch.json
    first_sequence: int
    last_sequence: int  # before the first if it covers none
    reason: str


@dataclass(frozen=True, slots=True)
class ControlTotals:
    """What the sender counted; None where the delivery does not say."""

    envelopes: int | None = None
    documents: int | None = None
    images: int | None = None
    amount_cents: int | None = None  # X9 only


@dataclass(frozen=True, slots=True)
class IncomingBatch:
    """One delivered batch. Each of its documents is in `documents` or in `rejected`, never in both.

    captured = len(documents) + len(rejected).
    """

    site: str
    box: str | None  # None: the delivery does not say (X9 file with an empty marker)
    business_date: date
    batch_no: str
    received_at: datetime  # aware
    source_name: str  # "dallas/2026-11-16/D001" or "dallas/2026-11-16/D901.x9"
    source_kind: str  # "scan_folder" or "x9"
    content_sha256: str  # hex; the same delivery has the same hash every time, other content has another
    control: ControlTotals
    documents: tuple[IncomingDocument, ...]  # taken in, in sequence order
    rejected: tuple[IncomingDocument, ...]  # set aside as a whole; the reasons are in `set_aside` under their sequence
    set_aside: tuple[SetAside, ...]  # every reason, including those that leave the document usable
    scanner: str = ""
    failing_controls: tuple[FailingControl, ...] = ()
    settles: tuple[str, ...] = ()  # batches whose missing documents it brings: "dallas/2026-11-13/D001"

    @property
    def captured(self) -> int:
        """How many documents the delivery has, usable or not."""
        return len(self.documents) + len(self.rejected)

    @property
    def images(self) -> int:
        """How many images came that can be used; those of a rejected document cannot."""
        return sum(document.images for document in self.documents)

    def reasons(self, sequence: int) -> tuple[str, ...]:
        """Why this document, or a part of it, was set aside."""
        return tuple(fault.reason for fault in self.set_aside if fault.sequence == sequence)

    def places(self, sequence: int) -> tuple[str, ...]:
        """The same reasons, each with its place in the delivery: "row 3, front: is missing"."""
        return tuple(
            f"{', '.join(part for part in (fault.record, fault.field) if part)}: {fault.reason}"
            for fault in self.set_aside
            if fault.sequence == sequence
        )


def image_problem(data: bytes, name: str, limits: IntakeLimits) -> str | None:
    """Why these bytes cannot be taken in as an image, or None.

    The header is checked first, then the whole image is decoded once: an image that the reader could not open is set
    aside here, with the batch's other faults.
    """
    if not data:
        return "empty file"
    if len(data) > limits.max_image_bytes:
        return f"{len(data):,} bytes; at most {limits.max_image_bytes:,} are taken in"
    reason = header_problem(data, limits.max_image_pixels)
    if reason is not None:
        return reason
    try:
        picture = decode(data, name, proof=False)  # proven below
    except UnreadableImage as error:
        return error.reason
    try:
        reason = group4_problem(data) if limits.verify_group4 else None
    except (OSError, ValueError, TypeError, SyntaxError, KeyError, OverflowError):  # as Pillow's parsers do
        return "damaged TIFF: it cannot be decoded"  # Pillow's own words may hold addresses and bytes of the file
    if reason is not None:
        return reason
    height, width = picture.gray.shape
    if height * width > limits.max_image_pixels:
        return f"{width} x {height} pixels; at most {limits.max_image_pixels:,} are taken in"
    return None


def media_type(data: bytes) -> str:
    """The media type by the first bytes, whatever the file name says."""
    return "image/jpeg" if data[:3] == b"\xff\xd8\xff" else "image/tiff"


def with_flags(document: IncomingDocument, *flags: str) -> tuple[str, ...]:
    """The document's flags and these, each once, in the order of `FLAGS`."""
    return tuple(flag for flag in FLAGS if flag in document.flags or flag in flags)


def fingerprint(parts: list[tuple[str, str]]) -> str:
    """One sha256 over names and hashes, in the order given."""
    digest = sha256()
    for name, value in parts:
        digest.update(f"{len(name.encode())}:{name}={value}\n".encode())
    return digest.hexdigest()
