"""Every misread as a picture: what was looked at, what it says and what was read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lockbox.proving.drawn_mail import Look, Payment
from lockbox.proving.judging import JudgedField
from lockbox.proving.real_sets import Sample
from lockbox.simulator.inbox import render
from lockbox.simulator.mail import Document
from lockbox.simulator.truth import Verdict
from ocr.image import decode, drawing
from ocr.image.prepare import crop, deskewed, turned
from ocr.reading import Box, Field, Reading

SURE = 0.6  # from here on a reading counts as seen; less sure ones are doubts, not misreads
PAPER_PX = 30
WIDTH_PX = 1000
ROW_PX = 22


def write_fields(looks: Sequence[Look], folder: Path) -> int:
    """One picture per field that was read surely and wrongly; returns how many."""
    count = 0
    for look in looks:
        wrong = [one for one in look.fields if _is_misread(one)]
        if not wrong:
            continue
        front, _ = render(look.document)
        for one in wrong:
            gray = _cut(front, look.seen.reading, one.field)
            said = [
                f"{one.field} on a {one.kind} document, {_place(look.document)}",
                f"truth: {_shown(one.truth)}",
                f"read:  {_shown(one.value)}  ({one.judged.probability or 0:.4f})",
            ]
            _write(gray, said, folder / one.field / f"{count:04d}-{_name(look.document)}.png")
            count += 1
    return count


def write_samples(samples: Sequence[Sample], folder: Path) -> int:
    """The same for pictures of the real sets; all that are wrong, sure or not: their labels may be wrong as well."""
    count = 0
    for one in samples:
        if not one.judged.right:
            gray = np.asarray(Image.open(BytesIO(one.picture)).convert("L"))
            chance = "" if one.judged.probability is None else f"  ({one.judged.probability:.4f})"
            said = [f"{one.what}: {one.name}", f"label: {one.truth}", f"read:  {_shown(one.value)}{chance}"]
            _write(gray, said, folder / re.sub(r"\W+", "_", one.what) / f"{count:04d}.png")
            count += 1
    return count


def write_payments(verdicts: Sequence[Verdict], payments: Sequence[Payment], folder: Path) -> int:
    """Checks that posted wrongly: the whole front."""
    documents = {one.document.truth.key: one.document for one in payments}
    for at, verdict in enumerate(verdicts):
        document = documents[verdict.item.key]
        front, _ = render(document)
        said = [
            f"{verdict.item.story}, {_place(document)}",
            f"truth:  {[(one.account_number, one.amount_cents) for one in verdict.item.lines]} {verdict.item.reasons}",
            f"posted: {[(one.account_number, one.amount_cents) for one in verdict.lines]}",
        ]
        _write(decode.decode(front).gray, said, folder / "payments" / f"{at:04d}-{_name(document)}.png")
    return len(verdicts)


def write_held(payments: Sequence[Payment], looks: Sequence[Look], folder: Path) -> int:
    """Checks that may post and were held: the explanation of their reading, named by the reason."""
    readings = {look.document.truth.key: look.seen.reading for look in looks}
    held = [one for one in payments if one.judged.wanted and not one.posted and one.stopped_by]
    for one in held:
        front, _ = render(one.document)
        reading = readings.get(one.document.truth.key)
        if reading is not None and reading.width_px:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{'-'.join(one.stopped_by)}-{_name(one.document)}.png").write_bytes(drawing.draw(front, reading))
    return len(held)


def _is_misread(one: JudgedField) -> bool:
    return not one.judged.right and one.judged.probability is not None and one.judged.probability >= SURE


def _cut(front: bytes, reading: Reading, name: str) -> decode.Gray:
    """The field's part of the upright front, or all of it where the field has no place."""
    gray = deskewed(turned(decode.decode(front).gray, reading.rotation_deg), reading.skew_deg)
    found = reading.fields.get(Field(name)) if name in set(Field) else None
    if found is None or found.box is None:
        return gray
    box = found.box
    more = Box(box.left_px - 3 * PAPER_PX, box.top_px - PAPER_PX, box.width_px + 6 * PAPER_PX, box.height_px + 60)
    return crop(gray, more)


def _write(gray: decode.Gray, said: Sequence[str], path: Path) -> None:
    part = Image.fromarray(gray)
    if part.width > WIDTH_PX:
        part = part.resize((WIDTH_PX, max(1, round(part.height * WIDTH_PX / part.width))))
    sheet = Image.new("L", (WIDTH_PX, part.height + ROW_PX * len(said) + 12), 255)
    sheet.paste(part, (0, 0))
    pen, face = ImageDraw.Draw(sheet), ImageFont.load_default(size=15)
    pen.line((0, part.height + 2, WIDTH_PX, part.height + 2), fill=128)
    for at, row in enumerate(said):
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
