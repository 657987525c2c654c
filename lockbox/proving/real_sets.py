"""Real pictures made by others, read where their folder is available: MICR lines, courtesy amounts, sample checks."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import split_on_us
from lockbox.mail.amount_match import weigh
from lockbox.proving.curve import Judged
from lockbox.proving.judging import AMOUNT
from ocr.fields import amount_judge, micr
from ocr.fields.micr_layout import aba_valid
from ocr.image import decode
from ocr.image.prepare import Gray
from ocr.nets import ctc, figure_head, figures, ppocr
from ocr.reader import read_document
from ocr.reading import Candidate, Field, ranked

FIGURES = "0123456789"
# Corrected labels of courtesy amounts that are plainly wrong; found by looking at every miss of the readers.
LABELS = {
    "car_015.jpg": "15371",
    "car_101.jpg": "157946",
    "car_154.jpg": "39300",
    "car_175.jpg": "1119",
    "car_200.jpg": "15802",
    "car_225.jpg": "104927",
}
MICR_LABELS = {"reallife_gi_1200254112-0.tif": "C010813C30D1015A03222708C15"}  # the line has three 2s, the label two
# Whole amounts: periods separate thousands, and only closing marks follow. Otherwise a digit was lost or gained.
WHOLE = re.compile(r"[$*#=\-:._/]*(\d{1,3}([.,]\d{3})+|\d+)[.,:\-=#*/_xn]*")
MISPLACED = 0.1
Reader = Callable[[Gray], tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of a set: what one field of it says, what was read, and whether that is right."""

    what: str  # set and field, and the reader where there are several
    name: str
    truth: str
    value: str
    judged: Judged
    picture: bytes


def read_all(folder: Path) -> Iterator[Sample]:
    """The samples of all sets in the folder; none where there is no folder."""
    yield from micr_lines(folder / "micr_lines")
    yield from courtesy_amounts(folder / "courtesy_amounts")
    yield from sample_checks(folder / "formats")


def micr_lines(folder: Path) -> Iterator[Sample]:
    """Lines of the groups held out of the model's training: the whole line, and its routing number."""
    held = set(json.loads((ctc.MODELS / "micr.json").read_text())["data"].get("groups_kept_out", ()))
    for row in _rows(folder):
        if row["group"] not in held:
            continue
        data = (folder / row["file"]).read_bytes()
        line = micr.read_line(_gray(data))
        fields = micr.fields_of(line.candidates)
        best = line.candidates[0] if line.candidates else None
        truth = MICR_LABELS.get(row["file"], row["label"])
        yield _sample("MICR line as labeled, held out of training", row["file"], row["label"], best, data, spaces=False)
        yield _sample(f"the same, {len(MICR_LABELS)} label corrected", row["file"], truth, best, data, spaces=False)
        routing = _routing(row["label"])
        if routing:
            yield _sample("routing number of these lines", row["file"], routing, fields[Field.ROUTING].best, data)


def courtesy_amounts(folder: Path) -> Iterator[Sample]:
    """Handwritten whole amounts, by each reader and by all jointly; never trained on."""
    for row in _rows(folder):
        data = (folder / row["file"]).read_bytes()
        gray = _gray(data)
        readings = {name: reader(gray) for name, reader in CROP_READERS.items()}
        if len(readings) > 1:
            readings["jointly"] = joined(readings)
        for name, candidates in readings.items():
            best = candidates[0] if candidates else None
            truth = LABELS.get(row["file"], row["digits"])
            yield _sample(f"courtesy amounts as labeled, {name}", row["file"], row["digits"], best, data)
            yield _sample(f"the same, {len(LABELS)} labels corrected, {name}", row["file"], truth, best, data)


def joined(readings: Mapping[str, tuple[Candidate, ...]]) -> tuple[Candidate, ...]:
    """The joint reading of our own nets and PP-OCR, weighed as the amounts of checks are."""
    chances = {
        name: {int(known.value): known.probability for known in candidates} for name, candidates in readings.items()
    }
    digits = {int(known.value): known.value for candidates in readings.values() for known in candidates}
    opinions = amount_judge.with_exponents(chances["figures"], chances["ppocr"], chances["head"])
    weights = amount_judge.weighed(opinions, amount_judge.weights().none)
    return ranked(Candidate(digits[value], weight, "joined") for value, weight in weights.items())


def sample_checks(folder: Path) -> Iterator[Sample]:
    """Checks in cash letters of other systems, upright and upside-down: MICR fields and amount."""
    for path in sorted([*folder.glob("*.x9"), *folder.glob("*.x937")]):
        file = read_x9(path.read_bytes(), path.name)
        checks = [check for letter in file.cash_letters for bundle in letter.bundles for check in bundle.checks]
        for check in checks:
            front = check.front.data if check.front else None
            if front is None:
                continue
            account, serial = split_on_us(check.on_us)
            truth = {
                Field.ROUTING: check.routing,
                Field.BANK_ACCOUNT: account,
                Field.SERIAL: check.aux_on_us or serial,
                Field.COURTESY_AMOUNT: str(check.amount_cents),
            }
            for way, data in (("", front), (", upside-down", _upside_down(front))):
                reading = read_document(data)
                for name, value in truth.items():
                    plain = "".join(char for char in value if char.isdigit())
                    if plain:
                        what = f"sample checks{way}: {name}"
                        yield _sample(what, f"{path.name} {check.sequence}", plain, reading.best(name), data)
                both = weigh(reading.candidates(Field.COURTESY_AMOUNT), reading.candidates(Field.LEGAL_AMOUNT), ()).best
                best = Candidate(str(both.cents), both.probability, "jointly") if both else None
                what = f"sample checks{way}: {AMOUNT}"
                yield _sample(what, f"{path.name} {check.sequence}", str(check.amount_cents), best, data)


def _figures_of_ppocr(gray: Gray) -> tuple[Candidate, ...]:
    likely = ppocr.read_line(gray, careful=True).among(FIGURES, 24)
    return ranked(Candidate(value, p, ppocr.SOURCE) for value, p in likely if value)


def _figures_of_our_own(gray: Gray) -> tuple[Candidate, ...]:
    wide, narrow = (_digits(figures.read_figures(gray, squeeze)) for squeeze in (1.0, figures.NARROW))
    return ranked(
        Candidate(value, min(1.0, p), figures.SOURCE) for value, p in amount_judge.mean_chances(wide, narrow).items()
    )


def _figures_of_the_head(gray: Gray) -> tuple[Candidate, ...]:
    _, seen = figure_head.read_line(gray)
    return ranked(Candidate(value, min(1.0, p), figure_head.SOURCE) for value, p in _digits(seen).items())


def _digits(seen: figures.Figures) -> dict[str, float]:
    return whole_amounts(seen.likely(24))


def whole_amounts(texts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Digits and their chances, lower where periods do not separate thousands (1.000 but not 1.00000)."""
    chances: dict[str, float] = {}
    for text, probability in texts:
        digits = "".join(char for char in text if char.isdigit())
        if digits:
            sure = probability * (1.0 if WHOLE.fullmatch(text) else MISPLACED)
            chances[digits] = chances.get(digits, 0.0) + sure
    return chances


# Readers of cut-out whole amounts, without cents.
CROP_READERS: dict[str, Reader] = {
    "figures": _figures_of_our_own,
    "ppocr": _figures_of_ppocr,
    "head": _figures_of_the_head,
}


def _sample(what: str, name: str, truth: str, best: Candidate | None, data: bytes, *, spaces: bool = True) -> Sample:
    value = best.value if best else ""
    value = value if spaces else value.replace(" ", "")
    probability = best.probability if best and best.value else None
    return Sample(what, name, truth, value, Judged(probability, value == truth), data)


def _routing(label: str) -> str:
    """The valid routing number in a label's transit part, or ""."""
    for match in label.split("A")[1::2]:
        if len(match) == 9 and aba_valid(match):
            return match
    return ""


def _rows(folder: Path) -> list[dict[str, str]]:
    table = folder / "labels.csv"
    if not table.exists():
        return []
    with table.open(newline="") as rows:
        return list(csv.DictReader(rows))


def _gray(data: bytes) -> Gray:
    """Crops are smaller than a document may be, so they do not go through `image.decode`."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("L"), np.uint8)


def _upside_down(data: bytes) -> bytes:
    picture = decode.decode(data)
    out = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture.gray[::-1, ::-1])).save(out, "PNG", dpi=(picture.dpi, picture.dpi))
    return out.getvalue()
