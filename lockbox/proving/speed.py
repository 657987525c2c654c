"""What reading costs: CPU time per step, against Tesseract on the same fields, and with two processes."""

from __future__ import annotations

import cProfile
import pstats
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockbox.proving.drawn_mail import read_sides, readers
from ocr import image, tesseract
from ocr.prepare import crop, deskewed, turned
from ocr.reader import read_document
from ocr.reading import Box, Name

OCR = str(Path(image.__file__).parent)
PAPER_PX = 8  # around a field's box, for Tesseract
LINE, BLOCK = "--psm 7", "--psm 6"  # one line, one block of text
Sides = tuple[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step that the reader takes: how often, and its CPU milliseconds, both as means over all documents."""

    name: str
    calls_per_document: float
    cpu_ms_per_document: float


@dataclass(frozen=True, slots=True)
class Duel:
    """The same fields of the same documents by our readers, everything included, and by Tesseract, cut out for it."""

    documents: int
    fields: int
    ours_ms: float  # CPU per document
    theirs_ms: float


@dataclass(frozen=True, slots=True)
class Scaling:
    """Documents per second of wall time with one process and with two, in one run."""

    documents: int
    one: float
    two: float


def steps(sides: Sequence[Sides]) -> list[Step]:
    """Every function that `ocr.reader` calls outside itself, dearest first, by a profile in CPU time."""
    read_document(*sides[0])  # models are loaded once per process: not counted
    profile = cProfile.Profile(time.process_time)
    for front, back in sides:
        profile.enable()
        read_document(front, back)
        profile.disable()
    spent: defaultdict[str, float] = defaultdict(float)
    calls: Counter[str] = Counter()
    for (file, _, name), stats in _stats(profile).items():
        if not file.startswith(OCR) or file.endswith("reader.py"):
            continue
        for (caller, _, _), (_, count, _, total) in stats[4].items():
            if caller == str(Path(OCR) / "reader.py"):
                spent[f"{Path(file).stem}.{name}"] += total * 1000
                calls[f"{Path(file).stem}.{name}"] += count
    count = len(sides)
    found = [Step(name, calls[name] / count, ms / count) for name, ms in spent.items()]
    return sorted(found, key=lambda one: -one.cpu_ms_per_document)


def _stats(profile: cProfile.Profile) -> Any:
    return pstats.Stats(profile).stats  # type: ignore[attr-defined]


def duel(sides: Iterable[Sides]) -> Duel | None:
    """Our whole readings against Tesseract, called as pytesseract calls it, on the fields found; None without it."""
    if not tesseract.is_installed():
        return None
    documents = fields = 0
    ours = theirs = 0.0
    for front, back in sides:
        begun = _cpu()
        reading = read_document(front, back)
        ours += _cpu() - begun
        boxes = {name: one.box for name, one in reading.fields.items() if one.box and one.candidates}
        if not boxes:
            continue
        documents += 1
        begun = _cpu()
        gray = deskewed(turned(image.decode(front).gray, reading.rotation_deg), reading.skew_deg)
        seen: set[Box] = set()
        for name, box in boxes.items():
            if box not in seen:  # the MICR line's fields share one box: read once
                part = crop(gray, Box(box.left_px - PAPER_PX, box.top_px - PAPER_PX,
                                      box.width_px + 2 * PAPER_PX, box.height_px + 2 * PAPER_PX))  # fmt: skip
                tesseract.read_page(part, BLOCK if name is Name.PAYER else LINE)
                seen.add(box)
        theirs += _cpu() - begun
        fields += len(seen)
    return Duel(documents, fields, 1000 * ours / documents, 1000 * theirs / documents) if documents else None


def scaling(sides: Sequence[Sides]) -> Scaling:
    """Wall time over the same documents by one process and by two; a machine busy with other work shows less."""
    rates = []
    for workers in (1, 2):
        with readers(workers) as pool:
            warm = [sides[0][0]] * workers * 2
            list(pool.map(read_sides, warm, [None] * len(warm)))
            begun = time.perf_counter()
            list(pool.map(read_sides, [one[0] for one in sides], [one[1] for one in sides]))
            rates.append(len(sides) / (time.perf_counter() - begun))
    return Scaling(len(sides), rates[0], rates[1])


def _cpu() -> float:
    """CPU seconds of this process and of the programs that it called and that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
