"""Items read: images from the store through the readers, with the payer's bank account hidden before it is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lockbox.images import ImageStore
from lockbox.mail.payer_account import NONE_LEARNT, Layouts, Meaning, meanings, settled
from lockbox.parallel import fresh
from ocr.reading import Field, FieldReading, Reading, to_json

HIDDEN = frozenset({Field.BANK_ACCOUNT, Field.MICR_LINE})  # Nacha data security: unreadable at rest
FEW = 8  # below so many items a second process costs more than it brings


@dataclass(frozen=True, slots=True)
class Read:
    """One item's reading, ready to be kept."""

    item_id: int
    readers: str
    kind: str
    reading_json: str
    account_token: str | None
    duration_ms: float
    payers: tuple[Meaning, ...] = ()  # the payer's bank account, by every way to take its MICR line


def read_items(
    images: ImageStore,
    key: bytes,
    items: Sequence[Mapping[Any, Any]],
    workers: int = 1,
    models: Path | None = None,
    learnt: Layouts = NONE_LEARNT,
) -> Iterator[Read]:
    """Reads items (`item_id`, `front_sha256`, `back_sha256`), in order, over `workers` processes.

    `models` is a folder of other models to read with; such readings come from processes of their own. `learnt` is how
    banks lay out their MICR lines.
    """
    wanted = [(item["item_id"], item["front_sha256"], item["back_sha256"]) for item in items]
    if models is None and (workers == 1 or len(wanted) < FEW):
        for one in wanted:
            yield read_one(images.url, key, *one, learnt)
        return
    with fresh(workers, _use, models) as pool:
        jobs = [pool.submit(read_one, images.url, key, *one, learnt) for one in wanted]
        for job in jobs:
            yield job.result()


def _use(models: Path | None) -> None:
    if models is not None:
        from ocr.nets import ctc

        ctc.use(models)


def read_one(
    image_url: str,
    key: bytes,
    item_id: int,
    front_sha256: str,
    back_sha256: str | None,
    learnt: Layouts = NONE_LEARNT,
) -> Read:
    """Reads one item and hides the payer's bank account."""
    from ocr.reader import read_document

    images = ImageStore(image_url)
    reading = read_document(images.get(front_sha256), images.get(back_sha256) if back_sha256 else None)
    return kept(item_id, reading, key, learnt)


def kept(item_id: int, reading: Reading, key: bytes, learnt: Layouts = NONE_LEARNT) -> Read:
    """A reading as it may be kept: the payer's bank account as tokens and its last four digits."""
    reading = settled(reading, learnt)
    payers = meanings(reading, key)
    return Read(
        item_id=item_id,
        readers=reading.readers,
        kind=str(reading.kind),
        reading_json=to_json(hide_bank_account(reading)),
        account_token=payers[0].token if payers else None,
        duration_ms=reading.duration_ms,
        payers=payers,
    )


def hide_bank_account(reading: Reading) -> Reading:
    """The reading with all but the last four digits of the bank account, and the MICR line around it, struck out."""
    return replace(
        reading, fields={name: _hidden(found) if name in HIDDEN else found for name, found in reading.fields.items()}
    )


def _hidden(found: FieldReading) -> FieldReading:
    return replace(
        found,
        candidates=tuple(replace(one, value=re.sub(r"\d(?=(?:\D*\d){4})", "•", one.value)) for one in found.candidates),
    )
