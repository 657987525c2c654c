"""One document in, one reading out: which steps are taken, and in which order. Read this first."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version

import cv2

from ocr.errors import UnreadableImage
from ocr.fields import (
    account,
    amount,
    back_side,
    coupon,
    date,
    kind,
    letter,
    lines,
    party,
    phrase,
    scan_line,
    signature,
    spelled,
    words,
)
from ocr.fields.micr import MicrReading, read_micr
from ocr.fields.scan_line import Care
from ocr.image import decode, quality
from ocr.image.prepare import Gray, binary, deskewed, stands_on_end, turned
from ocr.layout import zones
from ocr.layout.piece import Piece
from ocr.nets import calibration, ctc, figure_head, figures, ppocr, text, wording
from ocr.reading import Box, Candidate, DocumentKind, Field, FieldReading, Reading, ranked

VERSION = "10"  # of what readers say, apart from their networks: a calibration holds for one of them
TRANSIT = "A"  # the symbol that no font of scan lines has
FINE_PRINT_IN = 0.045  # smaller type says nothing that is wanted
SMALL_PRINT_IN = 0.065
SIGNED_IN = 0.2  # large writing low on the right is a signature, not text
BANK_WORDS = ("bank", "credit union", "savings", "trust", "customer service")  # an emblem beside them reads as rubbish
PHRASE_CLEAR = 0.7  # per letter: where a phrase may be meant, lines read worse are read again
Fields = dict[Field, FieldReading]
cv2.setNumThreads(1)  # a reader keeps to one core: as many processes run as there are cores


def read_document(
    front: bytes, back: bytes | None = None, *, dpi_hint: int | None = None, calibrated: bool = True
) -> Reading:
    """All that can be read on a document, front and back. Never raises for a bad image.

    `dpi_hint` is the scanner's resolution where it is known and the file may not say. An image that cannot be decoded
    gives a reading of kind OTHER whose `problems` say why. Not `calibrated`: the readers' own claims, to fit maps to.
    """
    began = time.perf_counter()
    try:
        picture = decode.decode(front)
    except UnreadableImage as error:
        return _unreadable(f"front: {error.reason}", began)
    dpi = dpi_hint if dpi_hint and not picture.dpi_stated else picture.dpi
    look = _Look(picture.gray, dpi, problems=[f"front: {note}" for note in picture.notes])
    try:
        reading = _read(look)
    except Exception as error:  # whatever a recogniser stumbles over is one bad item, never the end of its batch
        return _unreadable(f"front: reading failed: {type(error).__name__}: {error}", began)
    if back is not None and reading.kind in (DocumentKind.CHECK, DocumentKind.LETTER):
        reading = _with_back(reading, back)
    readers = readers_version()
    if calibrated:
        reading, readers = calibration.honest(reading, readers), readers + calibration.suffix(readers)
    return replace(reading, readers=readers, duration_ms=(time.perf_counter() - began) * 1000)


def readers_version() -> str:
    """Which readers and networks made a reading, before their claims are calibrated."""
    models = ("micr", text.MODEL, figures.MODEL, figure_head.MODEL, wording.MODEL)
    nets = " ".join(ctc.version_of(one) for one in models)
    return f"lockbox-ocr-{VERSION} {nets} {ppocr.readers_version()} {_zxing()}"


@cache
def _zxing() -> str:
    return f"zxing-{version('zxing-cpp')}"


@dataclass(slots=True)
class _Look:
    """A document under way: what is known so far."""

    gray: Gray
    dpi: int
    rotation_deg: int = 0
    skew_deg: float = 0.0
    problems: list[str] = field(default_factory=list)
    _inked: Gray | None = None

    @property
    def inked(self) -> Gray:
        """Its `binary`, made once for each way that it is turned."""
        if self._inked is None:
            self._inked = binary(self.gray, self.dpi)
        return self._inked

    def turn(self, rotation_deg: int, skew_deg: float = 0.0) -> None:
        """Turns and levels the picture, and remembers by how much."""
        self.gray, self._inked = deskewed(turned(self.gray, rotation_deg), skew_deg), None
        self.rotation_deg = (self.rotation_deg + rotation_deg) % 360
        self.skew_deg += skew_deg

    def reading(self, what: DocumentKind, probability: float, fields: Fields) -> Reading:
        """The finished reading."""
        height, width = self.gray.shape
        return Reading(
            kind=what,
            kind_probability=probability,
            fields=fields,
            rotation_deg=self.rotation_deg,
            skew_deg=round(self.skew_deg, 2),
            width_px=width,
            height_px=height,
            dpi=self.dpi,
            flags=quality.flags(self.gray, self.dpi, self.skew_deg, what, inked=self.inked),
            problems=tuple(self.problems),
        )


def _read(look: _Look) -> Reading:
    if kind.is_blank(look.gray, look.dpi):
        return look.reading(DocumentKind.BLANK, 0.97, {})
    if kind.is_page(look.gray):
        return _page(look)
    if stands_on_end(look.gray):
        look.turn(90)
    barcode = scan_line.read_barcode(look.gray, Care.QUICK)
    if barcode is not None and coupon.parse(barcode.text) is not None:
        return _coupon(look, barcode)
    micr = read_micr(look.gray, look.dpi)
    if micr.found and TRANSIT in micr.candidates[0].value:
        return _check(look, micr)
    barcode = scan_line.read_barcode(look.gray, Care.ANY_WAY)
    if barcode is not None and coupon.parse(barcode.text) is not None:
        return _coupon(look, barcode)
    printed = scan_line.find_scan_line(look.gray, look.dpi)  # some fonts of scan lines read as if they were E-13B
    if printed is not None:
        line, rotation, skew = printed
        look.turn(rotation, skew)
        return look.reading(DocumentKind.COUPON, 0.99, scan_line.fields(None, line, None))
    if micr.found:
        return _check(look, micr)
    return _without_machine_marks(look) if barcode is None else _coupon(look, barcode)


def _page(look: _Look) -> Reading:
    attached = scan_line.attached_coupon(look.gray, look.dpi)
    if attached is not None:
        fields, rotation, skew = attached
        look.turn(rotation, skew)
        look.problems.append("a whole page with its coupon: what else it says was not read")
        return look.reading(DocumentKind.COUPON, 0.999, fields)
    fields, rotation, skew = letter.read_letter(look.gray, look.dpi)
    look.turn(rotation, skew)
    return look.reading(DocumentKind.LETTER, 0.95 if fields[Field.TEXT].candidates else 0.6, fields)


def _coupon(look: _Look, barcode: scan_line.Barcode) -> Reading:
    look.turn(barcode.rotation_deg, barcode.skew_deg)
    line = scan_line.read_scan_line(look.gray, look.dpi)
    fields = scan_line.fields(barcode, line, None)
    known = bool(fields[Field.COUPON_ACCOUNT].candidates)
    if not known:
        look.problems.append("the coupon's barcode is not ours and its scan line could not be read")
    return look.reading(DocumentKind.COUPON, 0.999 if known else 0.7, fields)


def _without_machine_marks(look: _Look) -> Reading:
    """No barcode, no scan line, no MICR line: a check with its foot torn off, or neither coupon nor check."""
    page = zones.sheet(look.gray, look.dpi, inked=look.inked)
    found = _lines(page, page.height_px)
    if any(lines.says(one, "pay to the order of", "order of", "pay to the") for one in found):
        look.problems.append("no MICR line found")
        return look.reading(DocumentKind.CHECK, 0.8, _check_fields(page, found, page.height_px, None))
    fields = {Field.ACCOUNT_NUMBER: account.read_account(found, page, lines.second_reader(page))}
    return look.reading(DocumentKind.OTHER, 0.7, fields)


def _check(look: _Look, micr: MicrReading) -> Reading:
    look.turn(micr.rotation_deg, micr.skew_deg)
    bottom = micr.box.top_px - round(0.02 * look.dpi) if micr.box else look.gray.shape[0]
    page = zones.sheet(look.gray, look.dpi, bottom, look.inked)
    fields = _check_fields(page, _lines(page, bottom), bottom, micr)
    sure = max(0.9, min(0.999, micr.candidates[0].probability)) if micr.fields[Field.ROUTING].candidates else 0.9
    return look.reading(DocumentKind.CHECK, sure, fields)


def _lines(page: zones.Sheet, bottom_px: int) -> list[lines.TextLine]:
    """The pieces that may hold a field, read: reading takes nearly all the time, so what says nothing is left out."""
    found: list[lines.TextLine] = []
    for piece in [part for one in page.pieces for part in signature.memo_apart(page, one, bottom_px)]:
        if _is_wanted(page, piece, bottom_px):
            line = lines.read(page, piece, bottom_px)
            parts = lines.parted(page, line, bottom_px)
            found += [line] if len(parts) > 1 and words.parse(line.value) else parts
    return found


def _is_wanted(page: zones.Sheet, piece: Piece, bottom_px: int) -> bool:
    height, width = piece.box.height_px / page.dpi, piece.box.width_px / page.dpi
    x = piece.center_px / page.width_px
    y = piece.middle_px / bottom_px
    if height < FINE_PRINT_IN or (height < SMALL_PRINT_IN and x > 0.3 and y < 0.45 and width < 1.2):
        return False  # bank number, "Member FDIC"
    return not (x > signature.LEFT and y > 0.7 and height > SIGNED_IN and width > 0.8)


def _check_fields(page: zones.Sheet, found: list[lines.TextLine], bottom_px: int, micr: MicrReading | None) -> Fields:
    fields: Fields = dict(micr.fields) if micr else {}
    dpi, again = page.dpi, lines.second_reader(page)
    aux = bool(fields[Field.AUX_ON_US].candidates) if micr else False
    serial = fields[Field.SERIAL].best if micr else None
    spoken = _timed(lambda: words.read_words(found, again))
    courtesy = _timed(lambda: amount.read_amount(found, page, spoken))
    spoken = _timed(lambda: _heard(spoken, found, courtesy, again))
    amounts = {one.box for one in (spoken, courtesy) if one.box}  # 4.26.00 is a day, too
    unnamed = [one for one in found if one.box not in amounts]
    dated = _timed(lambda: date.read_date(unnamed, page, serial.value if serial else "", closely=True))
    taken = {one.box for one in (spoken, courtesy, dated) if one.box}
    rest = [one for one in found if one.box not in taken]
    payee = _timed(lambda: party.read_payee(rest, dpi, again))
    payer = _timed(lambda: party.read_payer(rest, dpi, serial.value if serial else "", again))
    number = _timed(lambda: account.read_account(rest, page, again, _machine_numbers(micr)))
    settled = {one.box for one in (payee, payer, number) if one.box}
    fields |= {
        Field.COURTESY_AMOUNT: courtesy,
        Field.LEGAL_AMOUNT: spoken,
        Field.DATE: dated,
        Field.PAYEE: payee,
        Field.PAYER: payer,
        Field.ACCOUNT_NUMBER: number,
        Field.SIGNATURE: _timed(
            lambda: signature.read_signature(page, bottom_px, {one.piece: one.text for one in found})
        ),
        Field.CHECK_KIND: _timed(lambda: kind.check_kind(found, page.width_px / dpi, aux)),
        Field.PHRASE: _timed(lambda: _phrases(rest, again, settled, _rows_of(payee, payer))),
    }
    return fields


def _heard(
    spoken: FieldReading, found: list[lines.TextLine], courtesy: FieldReading, again: lines.Reread
) -> FieldReading:
    """The legal amount, with what the figures made it worth trying."""
    line = next((one for one in found if one.box == spoken.box), None)
    return spoken if line is None else spelled.heard(spoken, line, courtesy, again)


def _timed(read: Callable[[], FieldReading]) -> FieldReading:
    """A field with the time its own reading took, what all fields share left out."""
    began = time.perf_counter()
    return replace(read(), duration_ms=(time.perf_counter() - began) * 1000)


def _rows_of(*read: FieldReading) -> frozenset[str]:
    return frozenset(row for one in read if one.best for row in one.best.value.split("\n"))


def _phrases(
    found: list[lines.TextLine], again: lines.Reread, settled: Container[Box], names: Container[str]
) -> FieldReading:
    """Restrictive phrases. A line that may hold one, or that somebody wrote and nobody could read, is read again.

    `settled` are lines known to say something else, `names` texts of which no wording is taken for one.
    """
    seen: list[Candidate] = []
    for one in found:
        said = [one]
        doubt = one.text.clarity < PHRASE_CLEAR and one.box not in settled and not lines.says(one, *BANK_WORDS)
        if phrase.hinted(one.value) or (doubt and lines.may_be_sentence(one)):
            said.append(again(one))
        is_name = any(line.value in names for line in said)
        for line in said:
            seen += phrase.find([(line.value, line.text.probability)], line.text.source, in_any_words=not is_name)
    return FieldReading(Field.PHRASE, ranked(seen))


def _machine_numbers(micr: MicrReading | None) -> list[str]:
    wanted = (Field.SERIAL, Field.AUX_ON_US, Field.BANK_ACCOUNT, Field.ROUTING)
    if micr is None:
        return []
    fractions = [f"{one.value[4:8]}{one.value[:4]}" for one in micr.fields[Field.ROUTING].candidates]
    return [one.value for name in wanted for one in micr.fields[name].candidates] + fractions


def _with_back(reading: Reading, back: bytes) -> Reading:
    """The reading with what the back of a check or letter adds: what somebody wrote there."""
    began = time.perf_counter()
    try:
        picture = decode.decode(back, proof=False)
        gray = turned(picture.gray, reading.rotation_deg)
        if reading.kind is DocumentKind.LETTER:
            sides = letter.both_sides(dict(reading.fields), letter.read_back(gray, picture.dpi))
            return replace(reading, fields=sides)
        said = back_side.phrases(gray, picture.dpi)
    except UnreadableImage as error:
        return replace(reading, problems=(*reading.problems, f"back: {error.reason}"))
    except Exception as error:
        return replace(reading, problems=(*reading.problems, f"back: reading failed: {type(error).__name__}: {error}"))
    front = reading.fields[Field.PHRASE]
    both = replace(
        front,
        candidates=ranked([*front.candidates, *said]),
        duration_ms=front.duration_ms + (time.perf_counter() - began) * 1000,
    )
    return replace(reading, fields={**reading.fields, Field.PHRASE: both})


def _unreadable(problem: str, began: float) -> Reading:
    return Reading(
        kind=DocumentKind.OTHER,
        kind_probability=0.0,
        problems=(problem,),
        duration_ms=(time.perf_counter() - began) * 1000,
        readers=readers_version(),
    )
