"""The site's own list of the batches that it sent on a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from lockbox.errors import InputError
from lockbox.mail.control_file import count, day, read_json
from lockbox.mail.delivery import DEFAULT_LIMITS, IntakeLimits, SetAside


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


def read_manifest(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> Manifest:
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
