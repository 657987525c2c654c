"""A site's own list of the batches that it sent on a day."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from reprlib import repr as shown

from lockbox.errors import InputError
from lockbox.mail.control_file import believable_day, count, day, read_json, text
from lockbox.mail.delivery import DEFAULT_LIMITS, IntakeLimits


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
        InputError: not a manifest, of another site or day than its folder, or it lists a batch twice.
    """
    site, on = path.absolute().parent.parent.name, path.absolute().parent.name
    name = f"{site}/{on}/{path.name}"
    plain = read_json(path, name, limits.max_control_bytes)
    for key, folder in (("site", site), ("business_date", on)):
        if plain.get(key) != folder:
            raise InputError(f"{shown(plain.get(key))}, but the file is in folder {folder!r}", name, field=key)
    rows, complete = plain.get("batches"), plain.get("complete", False)
    if not isinstance(rows, list):
        raise InputError("not a list", name, field="batches")
    if len(rows) > limits.max_documents:
        raise InputError(f"{len(rows):,} batches; at most {limits.max_documents:,} are read", name, field="batches")
    if not isinstance(complete, bool):
        raise InputError("neither true nor false", name, field="complete")
    batches = tuple(_manifest_batch(row, name, number) for number, row in enumerate(rows, 1))
    for batch_no, uses in Counter(batch.batch_no for batch in batches).items():
        if uses > 1:
            raise InputError(f"{shown(batch_no)} is listed {uses} times", name, field="batch")
    business_date = believable_day(day(on, name, "business_date"), name, limits.doubts)
    return Manifest(site, business_date, batches, complete)


def _manifest_batch(row: object, name: str, number: int) -> ManifestBatch:
    record = f"batch {number}"
    if not isinstance(row, dict):
        raise InputError("not an object", name, record)
    batch_no = text(row, name, "batch", record)
    if "/" in batch_no:
        raise InputError(f"{shown(batch_no)} is no batch number", name, record, "batch")
    envelopes, documents = (count(row.get(key), name, key, record) for key in ("envelopes", "documents"))
    return ManifestBatch(batch_no, envelopes, documents)
