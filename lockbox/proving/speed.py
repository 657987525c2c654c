"""The cost of reading: CPU time per step, against Tesseract on the same fields, and with two processes."""

from __future__ import annotations

import cProfile
import pstats
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from lockbox.parallel import fresh
from lockbox.proving import tesseract
from lockbox.proving.drawn_mail import read_sides
from ocr.image import decode
from ocr.image.prepare import crop, deskewed, turned
from ocr.nets import ppocr
from ocr.reader import read_document
from ocr.reading import Box, DocumentKind, Field, Reading

OCR = str(Path(decode.__file__).parents[1])
PAPER_PX = 8  # around a field's box, for Tesseract
LINE, BLOCK = "--psm 7", "--psm 6"  # one line, one block of text
NO_TEXT = frozenset({Field.SIGNATURE, Field.BARCODE})
RESAMPLED = 1000
Sides = tuple[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the reader: its calls and its CPU milliseconds, both as means over all documents."""

    name: str
    calls_per_document: float
    cpu_ms_per_document: float


@dataclass(frozen=True, slots=True)
class Bout:
    """One document: how many of its fields both sides read, and the CPU seconds that each took."""

    kind: str
    fields: int
    ours_s: float  # by our readers, everything included
    theirs_s: float  # by Tesseract, each field cut out for it


@dataclass(frozen=True, slots=True)
class Duel:
    """The same fields of the same documents by our readers and by Tesseract."""

    bouts: tuple[Bout, ...]

    @property
    def times_as_fast(self) -> float:
        """Their CPU time as a multiple of ours."""
        return sum(bout.theirs_s for bout in self.bouts) / sum(bout.ours_s for bout in self.bouts)

    @property
    def spread(self) -> tuple[float, float]:
        """The 95 % interval of that multiple over the choice of documents (bootstrap)."""
        chance, count = Random(0), len(self.bouts)
        ratios = sorted(Duel(tuple(chance.choices(self.bouts, k=count))).times_as_fast for _ in range(RESAMPLED))
        return ratios[RESAMPLED // 40], ratios[-1 - RESAMPLED // 40]

    def by_kind(self) -> dict[str, Duel]:
        """The same for each kind of document."""
        kinds = sorted({bout.kind for bout in self.bouts})
        return {kind: Duel(tuple(bout for bout in self.bouts if bout.kind == kind)) for kind in kinds}


@dataclass(frozen=True, slots=True)
class Scaling:
    """Documents per second of wall time with one process and with two, in one run."""

    documents: int
    one_process: float
    two_processes: float


def steps(sides: Sequence[Sides]) -> list[Step]:
    """Every function that `ocr.reader` calls in other modules, most expensive first, by a CPU time profile."""
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
    steps_taken = [Step(name, calls[name] / count, ms / count) for name, ms in spent.items()]
    return sorted(steps_taken, key=lambda step: -step.cpu_ms_per_document)


def _stats(profile: cProfile.Profile) -> Any:
    return pstats.Stats(profile).stats  # type: ignore[attr-defined]  # typeshed leaves it out


def duel(sides: Sequence[Sides]) -> Duel | None:
    """Our whole readings against Tesseract, called as pytesseract calls it, on the fields located; None without
    it.

    Tesseract gets the rotation, the skew, and the boxes of the fields, and reads each box once. Both sides see only
    fronts, since nothing on a back has a box. A document without text fields is left out on both sides.
    """
    if not tesseract.is_installed():
        return None
    read_document(*sides[0])  # models are loaded once per process: not counted
    ppocr.looks()  # loads PP-OCR, which the first document may not have needed
    bouts = []
    for front, _ in sides:
        begun = _cpu()
        reading = read_document(front)
        ours = _cpu() - begun
        boxes = _places(reading)
        if not boxes:
            continue
        begun = _cpu()
        gray = deskewed(turned(decode.decode(front).gray, reading.rotation_deg), reading.skew_deg)
        for box, config in boxes.items():
            tesseract.read(crop(gray, _with_margin(box)), config)
        bouts.append(Bout(str(reading.kind), len(boxes), ours, _cpu() - begun))
    return Duel(tuple(bouts)) if bouts else None


def _with_margin(box: Box) -> Box:
    return Box(box.left_px - PAPER_PX, box.top_px - PAPER_PX, box.width_px + 2 * PAPER_PX, box.height_px + 2 * PAPER_PX)


def _places(reading: Reading) -> dict[Box, str]:
    """The boxes of a document's text fields, each once, with Tesseract's mode for it.

    The fields of the MICR line share one box. A letter's text is its whole page, which contains all its fields.
    """
    if reading.kind is DocumentKind.LETTER:
        return {Box(0, 0, reading.width_px, reading.height_px): BLOCK} if reading.candidates(Field.TEXT) else {}
    drawn = {field.box for name, field in reading.fields.items() if name in NO_TEXT}
    read = {name: field.box for name, field in reading.fields.items() if field.candidates and field.box not in drawn}
    return {box: BLOCK if name is Field.PAYER else LINE for name, box in read.items() if box is not None}


def scaling(sides: Sequence[Sides]) -> Scaling:
    """Documents per second of wall time by one process and by two; other work on the machine lowers the gain."""
    rates = []
    for workers in (1, 2):
        with fresh(workers) as pool:
            warm = [sides[0][0]] * workers * 2
            list(pool.map(read_sides, warm, [None] * len(warm)))
            begun = time.perf_counter()
            list(pool.map(read_sides, *zip(*sides, strict=True)))
            rates.append(len(sides) / (time.perf_counter() - begun))
    return Scaling(len(sides), rates[0], rates[1])


def _cpu() -> float:
    """CPU seconds of this process and of the finished programs that it called."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime
