"""Readings of items: images go from the store through the readers, and the payer's bank account is masked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lockbox.images import ImageStore
from lockbox.mail.payer_account import NO_LAYOUTS, Layouts, PayerAccount, apply_layouts, payer_accounts
from lockbox.parallel import fresh
from ocr.reading import Field, FieldReading, Reading, to_json

MASKED = frozenset({Field.BANK_ACCOUNT, Field.MICR_LINE})  # Nacha data security: unreadable at rest
MIN_PARALLEL = 8  # with fewer items a second process costs more time than it saves


@dataclass(frozen=True, slots=True)
class ItemReading:
    """One item's reading, ready to be saved."""

    item_id: int
    readers: str
    kind: str
    reading_json: str
    account_token: str | None
    duration_ms: float
    has_failed: bool = False  # a reader broke: a fault of ours, not of the paper
    payers: tuple[PayerAccount, ...] = ()  # the payer's bank account, by every layout its MICR line may have


def read_items(
    images: ImageStore,
    key: bytes,
    items: Sequence[Mapping[Any, Any]],
    workers: int = 1,
    models: Path | None = None,
    layouts: Layouts = NO_LAYOUTS,
) -> Iterator[ItemReading]:
    """Reads items (`item_id`, `front_sha256`, `back_sha256`), in order, over `workers` processes.

    `models` is a folder of other models to read with; such readings come from processes of their own. `layouts` is how
    banks lay out their MICR lines.
    """
    sides = [(item["item_id"], item["front_sha256"], item["back_sha256"]) for item in items]
    if models is None and (workers == 1 or len(sides) < MIN_PARALLEL):
        for item in sides:
            yield read_item(images.url, key, *item, layouts)
        return
    with fresh(workers, _use_models, models) as pool:
        jobs = [pool.submit(read_item, images.url, key, *item, layouts) for item in sides]
        for job in jobs:
            yield job.result()


def _use_models(models: Path | None) -> None:
    if models is not None:
        from ocr.nets import ctc

        ctc.use(models)


def read_item(
    image_url: str,
    key: bytes,
    item_id: int,
    front_sha256: str,
    back_sha256: str | None,
    layouts: Layouts = NO_LAYOUTS,
) -> ItemReading:
    """Reads one item and masks the payer's bank account."""
    from ocr.reader import read_document

    images = ImageStore(image_url)
    reading = read_document(images.get(front_sha256), images.get(back_sha256) if back_sha256 else None)
    return storable(item_id, reading, key, layouts)


def storable(item_id: int, reading: Reading, key: bytes, layouts: Layouts = NO_LAYOUTS) -> ItemReading:
    """A reading as it may be stored: the payer's bank account as tokens and its last four digits."""
    reading = apply_layouts(reading, layouts)
    payers = payer_accounts(reading, key)
    return ItemReading(
        item_id=item_id,
        readers=reading.readers,
        kind=str(reading.kind),
        reading_json=to_json(mask_bank_account(reading)),
        account_token=payers[0].token if payers else None,
        duration_ms=reading.duration_ms,
        has_failed=reading.has_failed,
        payers=payers,
    )


def mask_bank_account(reading: Reading) -> Reading:
    """The reading with all but the last four digits of bank account and MICR line masked."""
    fields = {name: _masked(field) if name in MASKED else field for name, field in reading.fields.items()}
    return replace(reading, fields=fields)


def _masked(field: FieldReading) -> FieldReading:
    candidates = (
        replace(candidate, value=re.sub(r"\d(?=(?:\D*\d){4})", "•", candidate.value)) for candidate in field.candidates
    )
    return replace(field, candidates=tuple(candidates))
