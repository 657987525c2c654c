"""Every misread as a picture: the part of the document, its truth, and what was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lockbox.proving.drawn_mail import JudgedItem, Payment
from lockbox.proving.judging import JudgedField
from lockbox.proving.real_sets import Sample
from lockbox.simulator.inbox import render
from lockbox.simulator.mail import Document
from lockbox.simulator.truth import TrueLine, Verdict
from ocr.image import decode, drawing
from ocr.image.prepare import crop, deskewed, turned
from ocr.reading import Box, Field, Reading

SURE = 0.6  # and up: a reading counts as accepted; less sure ones are doubts, not misreads
PAPER_PX = 30
WIDTH_PX = 1000
ROW_PX = 22


def write_fields(items: Sequence[JudgedItem], folder: Path) -> int:
    """One picture per field that was surely but wrongly read; returns how many."""
    count = 0
    for item in items:
        wrong = [field for field in item.fields if _is_misread(field)]
        if not wrong:
            continue
        front, _ = render(item.document)
        for field in wrong:
            gray = _cut(front, item.timed.reading, field.field)
            caption = [
                f"{field.field} on a {field.kind} document, {_place(item.document)}",
                f"truth: {_shown(field.truth)}",
                f"read:  {_shown(field.value)}  ({field.judged.probability or 0:.4f})",
            ]
            _write(gray, caption, folder / field.field / f"{count:04d}-{_name(item.document)}.png")
            count += 1
    return count


def write_samples(samples: Sequence[Sample], folder: Path) -> int:
    """The same for pictures of the real sets; all wrong ones, sure or not: their labels may be wrong as well."""
    count = 0
    for sample in samples:
        if not sample.judged.right:
            gray = np.asarray(Image.open(BytesIO(sample.picture)).convert("L"))
            chance = "" if sample.judged.probability is None else f"  ({sample.judged.probability:.4f})"
            caption = [
                f"{sample.what}: {sample.name}",
                f"label: {sample.truth}",
                f"read:  {_shown(sample.value)}{chance}",
            ]
            _write(gray, caption, folder / re.sub(r"\W+", "_", sample.what) / f"{count:04d}.png")
            count += 1
    return count


def write_payments(verdicts: Sequence[Verdict], payments: Sequence[Payment], folder: Path) -> int:
    """The whole front of each check that posted wrongly; returns how many."""
    documents = {payment.document.truth.key: payment.document for payment in payments}
    for at, verdict in enumerate(verdicts):
        document = documents[verdict.item.key]
        front, _ = render(document)
        caption = [
            f"{verdict.item.story}, {_place(document)}",
            f"truth:  {_credits(verdict.item.lines)} {verdict.item.reasons}",
            f"posted: {_credits(verdict.lines)}",
        ]
        _write(decode.decode(front).gray, caption, folder / "payments" / f"{at:04d}-{_name(document)}.png")
    return len(verdicts)


def write_held(payments: Sequence[Payment], items: Sequence[JudgedItem], folder: Path) -> int:
    """The explained reading of each check that may post but was held, named by its reasons; returns how many."""
    readings = {item.document.truth.key: item.timed.reading for item in items}
    held = [payment for payment in payments if payment.judged.expected and not payment.posted and payment.stopped_by]
    for payment in held:
        front, _ = render(payment.document)
        reading = readings.get(payment.document.truth.key)
        if reading is not None and reading.width_px:
            folder.mkdir(parents=True, exist_ok=True)
            name = f"{'-'.join(payment.stopped_by)}-{_name(payment.document)}.png"
            (folder / name).write_bytes(drawing.draw(front, reading))
    return len(held)


def _credits(lines: Iterable[TrueLine]) -> list[tuple[str, int]]:
    return [(line.account_number, line.amount_cents) for line in lines]


def _is_misread(field: JudgedField) -> bool:
    judged = field.judged
    return not judged.right and judged.probability is not None and judged.probability >= SURE


def _cut(front: bytes, reading: Reading, name: str) -> decode.Gray:
    """The field's part of the upright front, or all of it where the field has no place."""
    gray = deskewed(turned(decode.decode(front).gray, reading.rotation_deg), reading.skew_deg)
    field = reading.fields.get(Field(name)) if name in set(Field) else None
    if field is None or field.box is None:
        return gray
    box = field.box
    more = Box(box.left_px - 3 * PAPER_PX, box.top_px - PAPER_PX, box.width_px + 6 * PAPER_PX, box.height_px + 60)
    return crop(gray, more)


def _write(gray: decode.Gray, caption: Sequence[str], path: Path) -> None:
    part = Image.fromarray(gray)
    if part.width > WIDTH_PX:
        part = part.resize((WIDTH_PX, max(1, round(part.height * WIDTH_PX / part.width))))
    sheet = Image.new("L", (WIDTH_PX, part.height + ROW_PX * len(caption) + 12), 255)
    sheet.paste(part, (0, 0))
    pen, face = ImageDraw.Draw(sheet), ImageFont.load_default(size=15)
    pen.line((0, part.height + 2, WIDTH_PX, part.height + 2), fill=128)
    for at, row in enumerate(caption):
        pen.text((6, part.height + 6 + at * ROW_PX), row[:140], fill=0, font=face)
    path.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(path)


def _shown(text: str) -> str:
    return text.replace("\n", " / ") or "(nothing)"


def _place(document: Document) -> str:
    troubles = f" ({', '.join(document.truth.troubles)})" if document.truth.troubles else ""
    return f"{'/'.join(map(str, document.truth.key))}, {document.manner.format} {document.manner.dpi} dpi{troubles}"


def _name(document: Document) -> str:
    return f"{document.truth.batch_no}-{document.truth.sequence:04d}"
