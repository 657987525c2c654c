"""A site's deliveries: scan folders and X9 files with their markers."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from PIL import Image

from lockbox.formats.x9.types import X9Check, X9Image
from lockbox.formats.x9.writer import cash_letter, write_x9
from lockbox.mail.delivery import IncomingBatch

DAY = "2026-11-16"
HEADER = "sequence,envelope,front,back"
ROWS = ("1,1,f1.tif,b1.tif", "2,1,f2.tif,b2.tif", "3,2,f3.jpg,b3.jpg")


def scan(mark: int, kind: str = "TIFF") -> bytes:
    """An image that differs for every `mark`."""
    image = Image.new("1", (300, 140), 1)
    image.paste(0, (5, 5, 30 + mark % 250, 20 + mark % 100))
    target = io.BytesIO()
    if kind == "TIFF":
        image.save(target, kind, compression="group4", dpi=(200, 200))
    else:
        image.convert("L").save(target, kind)
    return target.getvalue()


def tiff(number: int, orientation: int = 1, pages: int = 1) -> bytes:
    """A Group 4 TIFF of so many pages, stored with this tag Orientation."""
    images = [Image.open(io.BytesIO(scan(number + page))).copy() for page in range(pages)]
    out = io.BytesIO()
    more = {"compression": "group4", "dpi": (200, 200), "tiffinfo": {274: orientation}}
    images[0].save(out, "TIFF", save_all=True, append_images=images[1:], **more)
    return out.getvalue()


def images(rows: Sequence[str] = ROWS) -> dict[str, bytes]:
    """A good image for every file the rows name."""
    names = [name for row in rows for name in row.split(",")[2:] if name]
    return {name: scan(7 * number, "JPEG" if name.endswith("jpg") else "TIFF") for number, name in enumerate(names)}


def deliver(
    inbox: Path,
    rows: Sequence[str] = ROWS,
    files: dict[str, bytes | None] | None = None,
    control: dict[str, Any] | None = None,
    index: bytes | None = None,
    batch: str = "D001",
) -> Path:
    """A scan folder; `files` and `control` override the good values; None removes one."""
    folder = inbox / "dallas" / DAY / batch
    folder.mkdir(parents=True)
    plain: dict[str, Any] = {
        "site": "dallas",
        "box": "650805",
        "business_date": DAY,
        "batch": batch,
        "received_at": f"{DAY}T09:42:00-06:00",
        "scanner": "S1",
        "envelopes": len({row.split(",")[1] for row in rows}),
        "documents": len(rows),
        "images": len(images(rows)),
        **(control or {}),
    }
    (folder / "batch.json").write_text(json.dumps({key: value for key, value in plain.items() if value is not None}))
    (folder / "index.csv").write_bytes("\n".join((HEADER, *rows, "")).encode() if index is None else index)
    for name, data in {**images(rows), **(files or {})}.items():
        if data is not None:
            (folder / name).write_bytes(data)
    (folder / "DONE").touch()
    return folder


def routing(base: str) -> str:
    """Eight digits with the check digit of the ABA; no bank has numbers from 57 on."""
    return base + str(-sum(w * int(d) for w, d in zip((3, 7, 1, 3, 7, 1, 3, 7), base, strict=True)) % 10)


def x9_check(number: int, **more: Any) -> X9Check:
    """A check with front and back."""
    pictures = (X9Image("front", scan(number)), X9Image("back", scan(number + 100)))
    values: dict[str, Any] = {
        "routing": routing("57000001"),
        "on_us": f"60 {number:06}/{100 + number}",
        "amount_cents": 41_250 + number,
        "sequence": str(number),
        "images": pictures,
    }
    return X9Check(**{**values, **more})


def deliver_x9(inbox: Path, *checks: X9Check, marker: bytes = b"", name: str = "D900.x9", data: bytes = b"") -> Path:
    """An X9 file with its marker."""
    path = inbox / "dallas" / DAY / name
    path.parent.mkdir(parents=True, exist_ok=True)
    letter = cash_letter(
        checks,
        destination_routing=routing("57123456"),
        origin_routing=routing("57000001"),
        origin_name="SCANNER 2",
        business_date=date(2026, 11, 16),
        created_at=datetime(2026, 11, 16, 9, 30, tzinfo=UTC),
    )
    path.write_bytes(data or write_x9(letter))
    path.with_name(name + ".done").write_bytes(marker)
    return path


def set_aside_places(batch: IncomingBatch) -> list[tuple[str, str, str]]:
    """File, record and field of everything set aside."""
    return [(fault.file, fault.record, fault.field) for fault in batch.set_aside]


def sequences(batch: IncomingBatch) -> tuple[list[int], list[int]]:
    """Sequence numbers of the documents taken in and of those rejected."""
    return [document.sequence for document in batch.documents], [document.sequence for document in batch.rejected]
