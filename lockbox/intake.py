"""Reads what a site delivered: scan folders and X9 files, each into one batch, and the site's manifest of its day."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lockbox.control_file import count, day, read_json
from lockbox.delivery import (
    FLAGS,
    CarriedFields,
    ControlTotals,
    ImageSource,
    IncomingBatch,
    IncomingDocument,
    IntakeLimits,
    SetAside,
)
from lockbox.errors import InputError, NotReady
from lockbox.scan_folder import DONE, read_folder
from lockbox.x9_delivery import MARKER, SUFFIXES, read_x9_delivery

__all__ = [
    "FLAGS",
    "CarriedFields",
    "ControlTotals",
    "ImageSource",
    "IncomingBatch",
    "IncomingDocument",
    "IntakeLimits",
    "Manifest",
    "ManifestBatch",
    "SetAside",
    "against_manifest",
    "read_batch",
    "read_manifest",
    "ready_batches",
]

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
DEFAULTS = IntakeLimits()


def read_batch(path: Path, limits: IntakeLimits = DEFAULTS) -> IncomingBatch:
    """The batch at `path`: a scan folder `<inbox>/<site>/<day>/<batch>/` or a file `<inbox>/<site>/<day>/<name>.x9`.

    Faults of single documents, images and totals are in the result; the rest of the batch is in it too.

    Raises:
        NotReady: its done marker is not there: the sender may still be writing.
        InputError: nothing of the batch can be used (no index, control file unreadable, file cannot be framed).
    """
    site, on = path.absolute().parent.parent.name, path.absolute().parent.name
    if not DAY.fullmatch(on):
        raise InputError(f"lies under {on!r}, not under a day", str(path))
    business_date = day(on, str(path), "business_date")
    if not _is_done(path):
        raise NotReady(f"{path}: no done marker")
    if path.is_dir():
        return read_folder(path, site, business_date, limits)
    return read_x9_delivery(path, site, business_date, limits)


def ready_batches(inbox: Path, site: str) -> list[Path]:
    """Deliveries of a site whose done marker is there, over all days, sorted by day and name.

    Left alone: hidden and temporary names, links, and what has no marker yet.
    """
    return sorted(
        path
        for one in _children(inbox / site)
        if DAY.fullmatch(one.name) and one.is_dir()
        for path in _children(one)
        if not _is_temporary(path.name) and not path.is_symlink() and _is_done(path)
    )


@dataclass(frozen=True, slots=True)
class ManifestBatch:
    """One batch as the site announced it."""

    batch_no: str
    envelopes: int
    documents: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a site says it sent on a day; `complete` when no more batches will come."""

    site: str
    business_date: date
    batches: tuple[ManifestBatch, ...] = ()
    complete: bool = False


def read_manifest(path: Path, limits: IntakeLimits = DEFAULTS) -> Manifest:
    """The site's own list of what it sent on a day, `<inbox>/<site>/<day>/manifest.json`.

    Raises:
        InputError: not a manifest, of another site or day than it lies under, or it names a batch twice.
    """
    name = f"{path.absolute().parent.parent.name}/{path.absolute().parent.name}/{path.name}"
    plain = read_json(path, name, limits.max_control_bytes)
    site, on = plain.get("site"), plain.get("business_date")
    for key, value, folder in (
        ("site", site, path.absolute().parent.parent.name),
        ("business_date", on, path.absolute().parent.name),
    ):
        if value != folder:
            raise InputError(f"{value!r}, but it lies under {folder!r}", name, field=key)
    rows, complete = plain.get("batches"), plain.get("complete", False)
    if not isinstance(rows, list):
        raise InputError("not a list", name, field="batches")
    if not isinstance(complete, bool):
        raise InputError("neither true nor false", name, field="complete")
    batches = tuple(_manifest_batch(row, name, number) for number, row in enumerate(rows, 1))
    names = [one.batch_no for one in batches]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise InputError(f"{twice!r} comes twice", name, field="batch")
    return Manifest(str(site), day(str(on), name, "business_date"), batches, complete)


def against_manifest(manifest: Manifest, received: Iterable[ManifestBatch]) -> tuple[SetAside, ...]:
    """Where announced and received differ: batches missing, batches not announced, counts that are not equal."""
    here = {one.batch_no: one for one in received}
    told = {one.batch_no: one for one in manifest.batches}
    found = [_difference(one, "batch", "announced, but not received") for one in told.keys() - here.keys()]
    found += [_difference(one, "batch", "received, but not announced") for one in here.keys() - told.keys()]
    for batch_no in told.keys() & here.keys():
        for key in ("envelopes", "documents"):
            said, counted = getattr(told[batch_no], key), getattr(here[batch_no], key)
            if said != counted:
                found.append(_difference(batch_no, key, f"says {said}, received {counted}"))
    return tuple(sorted(found, key=lambda one: (one.record, one.field)))


def _difference(batch_no: str, field: str, reason: str) -> SetAside:
    return SetAside("manifest.json", batch_no, field, reason)


def _manifest_batch(row: object, name: str, number: int) -> ManifestBatch:
    where = f"batch {number}"
    if not isinstance(row, dict):
        raise InputError("not an object", name, where)
    batch_no = row.get("batch")
    if not isinstance(batch_no, str) or not batch_no:
        raise InputError("no name", name, where, "batch")
    envelopes, documents = (count(row.get(key), name, key, where) for key in ("envelopes", "documents"))
    return ManifestBatch(batch_no, envelopes, documents)


def _children(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _is_done(path: Path) -> bool:
    if path.is_dir():
        return (path / DONE).is_file()
    return path.suffix.lower() in SUFFIXES and path.is_file() and path.with_name(path.name + MARKER).is_file()


def _is_temporary(name: str) -> bool:
    return name.startswith((".", "_", "~")) or name.endswith(("~", ".tmp", ".part"))
