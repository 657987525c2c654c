"""A planned mail day put into the inbox: drawn, scanned, and delivered in whole batches, the way sites deliver."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from lockbox.errors import ConflictError
from lockbox.files import write_whole
from lockbox.formats.x9.types import X9Check, X9Image
from lockbox.formats.x9.writer import cash_letter, write_x9
from lockbox.parallel import fresh
from lockbox.simulator.mail import Batch, Document, MailDay
from lockbox.simulator.papers import CheckPaper
from lockbox.simulator.people import bank_routing
from ocr.reading import CheckKind

DEPOSITARY = bank_routing(50)  # the bank that the cash letter is sent to
AUX_KINDS = (
    CheckKind.BUSINESS,
    CheckKind.BILL_PAY,
    CheckKind.CASHIERS,
)  # the serial number is in the auxiliary on-us field
SUFFIX = {"g4": "tif", "jpeg": "jpg"}

Sides = tuple[bytes, bytes]  # front and back, as the scanner's files


def write_day(
    day: MailDay, inbox: Path, workers: int = 2, progress: Callable[[int, int], None] | None = None
) -> tuple[int, int]:
    """Delivers every batch of the day that is not there yet, and each site's manifest last.

    A batch appears under its name only when it is whole, and gets its done marker after that. Returns how many batches
    were written and how many documents drawn; both 0 when all was there. `progress` gets (documents done, all).

    Raises:
        ConflictError: a finished batch of that name has different content.
    """
    missing = [batch for batch in day.batches if not _is_delivered(day, batch, inbox)]
    documents = [document for batch in missing for document in batch.documents]
    rendered = _rendered(documents, workers)
    done = 0
    for batch in missing:
        sides = []
        for pair in islice(rendered, len(batch.documents)):
            sides.append(pair)
            done += 1
            if progress:
                progress(done, len(documents))
        (_write_x9 if batch.delivery == "x9" else _write_folder)(day, batch, sides, inbox)
    for site_id in sorted({batch.site_id for batch in day.batches}):
        _replace(_folder(inbox, day, site_id) / "manifest.json", _json(_manifest(day, site_id)))
    return len(missing), len(documents)


def render(document: Document) -> Sides:
    """The two files that the scanner makes of a document; the same document always gives the same bytes."""
    from lockbox.simulator.draw import draw_back, draw_front  # heavy; only the drawing processes need it
    from lockbox.simulator.scan import scan

    front = scan(draw_front(document.paper, document.draw_seed), document.manner, document.scan_seed)
    back = scan(draw_back(document.paper, document.draw_seed), document.manner, document.scan_seed + 1)
    return front, back


def _rendered(documents: Sequence[Document], workers: int) -> Iterator[Sides]:
    """The scans of all documents, in order."""
    if workers < 2 or len(documents) < 8:
        yield from map(render, documents)
        return
    with fresh(workers) as pool:
        yield from pool.map(render, documents, chunksize=4)


def _is_delivered(day: MailDay, batch: Batch, inbox: Path) -> bool:
    """Whether the whole batch was delivered before.

    Raises:
        ConflictError: it was, with different content.
    """
    folder = _folder(inbox, day, batch.site_id)
    if batch.delivery == "x9":
        marker = folder / f"{batch.batch_no}.x9.done"
        there, same = marker.exists(), marker.exists() and marker.read_bytes() == _json(_marker(batch))
    else:
        control, index = folder / batch.batch_no / "batch.json", folder / batch.batch_no / "index.csv"
        there = (folder / batch.batch_no / "DONE").exists()
        same = there and (control.read_bytes(), index.read_bytes()) == (_json(_control(day, batch)), _index(batch))
    if there and not same:
        raise ConflictError(f"{folder / batch.batch_no}: was delivered with different content")
    return there


def _write_folder(day: MailDay, batch: Batch, sides: Sequence[Sides], inbox: Path) -> None:
    folder = _folder(inbox, day, batch.site_id)
    temporary, final = folder / f".{batch.batch_no}.tmp", folder / batch.batch_no
    for leftover in (temporary, final):  # of a run that was killed; without its done marker nobody has read it
        shutil.rmtree(leftover, ignore_errors=True)
    temporary.mkdir(parents=True)
    for document, pair in zip(batch.documents, sides, strict=True):
        for name, data in zip(_names(document), pair, strict=True):
            (temporary / name).write_bytes(data)
    (temporary / "index.csv").write_bytes(_index(batch))
    (temporary / "batch.json").write_bytes(_json(_control(day, batch)))
    os.replace(temporary, final)
    (final / "DONE").touch()


def _write_x9(day: MailDay, batch: Batch, sides: Sequence[Sides], inbox: Path) -> None:
    path = _folder(inbox, day, batch.site_id) / f"{batch.batch_no}.x9"
    checks = [_x9_check(day, document, pair) for document, pair in zip(batch.documents, sides, strict=True)]
    file = cash_letter(
        checks,
        destination_routing=DEPOSITARY,
        origin_routing=DEPOSITARY,
        business_date=day.business_date,
        created_at=batch.received_at,
        destination_name="DEPOSITARY BANK",
        origin_name=batch.site_id.upper(),
        cash_letter_id=batch.batch_no,
        name=path.name,
    )
    _replace(path, write_x9(file))
    _replace(path.with_name(path.name + ".done"), _json(_marker(batch)))


def _x9_check(day: MailDay, document: Document, sides: Sides) -> X9Check:
    paper = document.paper
    assert isinstance(paper, CheckPaper)  # the plan puts nothing else into cash letters
    auxiliary = paper.kind in AUX_KINDS
    images = tuple(
        X9Image(side, data, creator_routing=DEPOSITARY, created_on=day.business_date)
        for side, data in zip(("front", "back"), sides, strict=True)
    )
    return X9Check(
        routing=paper.routing,
        on_us=f"{paper.bank_account}/" if auxiliary else f"{paper.bank_account}/{paper.serial}",
        amount_cents=paper.amount_cents,
        sequence=f"{document.truth.sequence:08d}",
        aux_on_us=paper.serial if auxiliary else "",
        images=images,
    )


def _names(document: Document) -> tuple[str, str]:
    suffix = SUFFIX[document.manner.format]
    return f"{document.truth.sequence:04d}F.{suffix}", f"{document.truth.sequence:04d}B.{suffix}"


def _index(batch: Batch) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("sequence", "envelope", "front", "back"))
    rows.writerows((doc.truth.sequence, doc.truth.envelope_no, *_names(doc)) for doc in batch.documents)
    return text.getvalue().encode()


def _control(day: MailDay, batch: Batch) -> dict[str, Any]:
    return {
        "site": batch.site_id,
        "business_date": day.business_date.isoformat(),
        "batch": batch.batch_no,
        "box": batch.box,
        "received_at": batch.received_at.isoformat(),
        "envelopes": len(batch.envelopes),
        "documents": len(batch.documents),
        "images": 2 * len(batch.documents),
        "hash_total": sum(doc.truth.sequence * doc.truth.envelope_no for doc in batch.documents),
        "scanner": f"{batch.site_id}-{1 + int(batch.batch_no[1:]) % 2}",
    }


def _marker(batch: Batch) -> dict[str, Any]:
    """What the sender of a cash letter adds to it; the sum shows whether the content is the same."""
    papers = [document.paper for document in batch.documents]
    cents = sum(paper.amount_cents for paper in papers if isinstance(paper, CheckPaper))
    return {
        "box": batch.box,
        "received_at": batch.received_at.isoformat(),
        "checks": len(batch.documents),
        "cents": cents,
    }


def _manifest(day: MailDay, site_id: str) -> dict[str, Any]:
    batches = [batch for batch in day.batches if batch.site_id == site_id]
    return {
        "site": site_id,
        "business_date": day.business_date.isoformat(),
        "complete": True,
        "batches": [
            {"batch": batch.batch_no, "envelopes": len(batch.envelopes), "documents": len(batch.documents)}
            for batch in batches
        ],
    }


def _folder(inbox: Path, day: MailDay, site_id: str) -> Path:
    return inbox / site_id / day.business_date.isoformat()


def _json(plain: dict[str, Any]) -> bytes:
    return (json.dumps(plain, indent=1) + "\n").encode()


def _replace(path: Path, data: bytes) -> None:
    """Writes a file so that nobody ever sees half of it; a file with the same content is left alone."""
    if path.exists() and path.read_bytes() == data:
        return
    write_whole(path, data)
