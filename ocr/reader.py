"""One document in, one reading out: the steps and their order. Start reading here."""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from dataclasses import replace
from functools import cache
from importlib.metadata import version

import cv2
import structlog

from ocr.errors import UnreadableImage
from ocr.fields import (
    account,
    amount,
    amount_judge,
    back_side,
    check_number,
    date,
    instruction,
    kind,
    letter,
    lines,
    micr_ends,
    paper_scale,
    party,
    phrase,
    scan_line,
    signature,
    spelled,
    tick,
    words,
)
from ocr.fields.micr import MicrReading, read_micr
from ocr.fields.micr_scale import read_at_any_scale
from ocr.fields.scan_line import Care
from ocr.image import decode, paper
from ocr.image.look import Look, in_picture
from ocr.image.prepare import Gray, stands_on_end, turned
from ocr.layout import zones
from ocr.layout.piece import Piece
from ocr.nets import calibration, ctc, figure_head, figures, ppocr, text, wording
from ocr.reading import FAILED, Box, Candidate, DocumentKind, Field, FieldReading, Reading, ranked

log: structlog.stdlib.BoundLogger = structlog.get_logger("ocr")
VERSION = "16"  # of the readers apart from their networks: a calibration belongs to one version
TRANSIT = "A"  # the symbol that no font of scan lines has
# The chance that a document is of the kind that the reader names, by what gave the kind away.
BLANK_CHANCE = 0.97
LETTER_CHANCE, UNREAD_PAGE_CHANCE = 0.95, 0.6  # a page with words, and one on which none could be read
COUPON_CHANCE, SCAN_LINE_CHANCE = 0.999, 0.99  # by a barcode of ours, or by a scan line whose check digits are valid
FOREIGN_BARCODE_CHANCE = 0.7  # other papers carry barcodes, too
CHECK_CHANCE_LEAST, CHECK_CHANCE_MOST = 0.9, 0.999  # by the MICR line: as sure as its best candidate, within these
TORN_CHECK_CHANCE = 0.8  # "pay to the order of", and no MICR line
OTHER_CHANCE = 0.7
# Which print is not worth reading: bank numbers, "Member FDIC", signatures.
FINE_PRINT_IN = 0.045  # smaller type holds no field
SMALL_PRINT_IN, SMALL_PRINT_WIDTH_IN = 0.065, 1.2  # type of this size holds none at the top, unless it is a long line
SMALL_PRINT_LEFT, SMALL_PRINT_FOOT = 0.3, 0.45  # shares of width and height: right of and above them is the bank's
SIGNED_IN, SIGNED_WIDTH_IN = 0.2, 0.8  # large writing low on the right is a signature, not text
SIGNED_TOP = 0.7  # share of the height
MICR_ABOVE_IN = 0.02  # the rest of the check is cut off this far above the MICR line
BANK_WORDS = ("bank", "credit union", "savings", "trust", "customer service")  # an emblem beside them reads as garbage
INSTRUCTION_TOP = 0.28  # share of the height: above it are the payer's and the bank's names
PHRASE_CLEAR, MEMO_CLEAR, MEMO_TOP = 0.7, 0.9, 0.75  # per letter: read worse, a line is read again; share of height
SAME_SIZE = 1.05  # front and back of one sheet differ by less
FLATTENED = "front: the check was cut out of a larger picture and made flat"
Fields = dict[Field, FieldReading]
cv2.setNumThreads(1)  # a reader keeps to one core: as many processes run as there are cores


def read_document(
    front: bytes, back: bytes | None = None, *, dpi_hint: int | None = None, calibrated: bool = True
) -> Reading:
    """Everything that can be read on a document, front and back. Never raises for a bad image.

    `dpi_hint` is the scanner's resolution, used when the file does not state one. An image that cannot be decoded
    gives a reading of kind OTHER whose `problems` say why. Without `calibrated`, the probabilities are the readers'
    own claims, from which calibrations are fitted.
    """
    began = time.perf_counter()
    try:
        picture = decode.decode(front)
    except UnreadableImage as error:
        return _unreadable(f"front: {error.reason}", began)
    dpi = dpi_hint if dpi_hint and not picture.dpi_stated else picture.dpi
    look = Look(picture.gray, dpi, problems=[f"front: {note}" for note in picture.notes])
    try:
        reading = _read(look)
    except Exception as error:  # what a recognizer fails on is one bad item, never the end of its batch
        log.exception(FAILED, side="front", readers=readers_version())
        return _unreadable(f"front: {FAILED}: {type(error).__name__}", began)
    if back is not None and reading.kind in (DocumentKind.CHECK, DocumentKind.LETTER):
        reading = _with_back(reading, back)
    readers = readers_version()
    if calibrated:
        reading, readers = calibration.honest(reading, readers), readers + calibration.suffix(readers)
    return replace(reading, readers=readers, duration_ms=(time.perf_counter() - began) * 1000)


def readers_version() -> str:
    """The versions of the readers, their networks, and fitted weights, without that of the calibration."""
    figures_read = (figures.MODEL, figure_head.MODEL, amount_judge.MODEL)
    models = ("micr", micr_ends.MODEL, text.MODEL, *figures_read, wording.MODEL)
    nets = " ".join(ctc.version_of(model) for model in models)
    return f"lockbox-ocr-{VERSION} {nets} {ppocr.readers_version()} {_zxing_version()}"


@cache
def _zxing_version() -> str:
    return f"zxing-{version('zxing-cpp')}"


def _read(look: Look) -> Reading:
    if kind.is_blank(look.gray, look.dpi):
        return look.reading(DocumentKind.BLANK, BLANK_CHANCE, {})
    if kind.is_page(look.gray):
        return _photo(look) or _page(look)
    if stands_on_end(look.gray):
        look.turn(90)
    barcode = scan_line.read_barcode(look.gray, Care.QUICK)
    if barcode is not None and barcode.is_coupon:
        return _coupon(look, barcode)
    micr = read_micr(look.gray, look.dpi)
    if _has_transit(micr):
        return _check(look, read_at_any_scale(look.gray, micr, look.dpi))
    barcode = scan_line.read_barcode(look.gray, Care.ANY_WAY)
    if barcode is not None and barcode.is_coupon:
        return _coupon(look, barcode)
    located = paper_scale.find_scan_line(look.gray, look.dpi)  # some fonts of scan lines read as if they were E-13B
    if located is not None:
        (line, rotation, skew), dpi = located
        look.rescale(dpi, "the coupon's format")
        look.turn(rotation, skew)
        return look.reading(DocumentKind.COUPON, SCAN_LINE_CHANCE, scan_line.fields(None, line))
    micr = read_at_any_scale(look.gray, micr, look.dpi)
    photo = None if micr.settled else _photo(look)
    if photo is not None:
        return photo
    if micr.has_line:
        return _check(look, micr)
    return _without_machine_marks(look) if barcode is None else _coupon(look, barcode)


def _has_transit(micr: MicrReading) -> bool:
    """Whether the line has the symbol that no scan line's font has."""
    return micr.has_line and TRANSIT in micr.candidates[0].value


def _photo(look: Look) -> Reading | None:
    """The check that lies in a picture of more than itself, made flat; None where there is none with a MICR line."""
    flats = (paper.flat_check(look.gray), paper.printed_block(look.gray))
    return next((reading for flat in flats if flat and (reading := _on_sheet(look, flat))), None)


def _on_sheet(look: Look, flat: paper.FlatSheet) -> Reading | None:
    """The check on a sheet that was cut out of a picture; None where it has no MICR line."""
    photo = Look(flat.gray, look.dpi, problems=[*look.problems, FLATTENED])
    if stands_on_end(flat.gray):
        photo.turn(90)
    dpi = decode.estimate_dpi(*photo.gray.shape)
    micr = read_at_any_scale(photo.gray, read_micr(photo.gray, dpi), dpi)
    if not _has_transit(micr):
        return None
    return in_picture(_check(photo, micr), flat, look)


def _page(look: Look) -> Reading:
    attached = scan_line.attached_coupon(look.gray, look.dpi)
    if attached is not None:
        fields, rotation, skew = attached
        look.turn(rotation, skew)
        fields[Field.INSTRUCTION] = _timed(lambda: _tick(look.gray, look.dpi))
        look.problems.append("a whole page with its coupon: what else it says was not read")
        return look.reading(DocumentKind.COUPON, COUPON_CHANCE, fields)
    fields, rotation, skew = letter.read_letter(look.gray, look.dpi)
    look.turn(rotation, skew)
    chance = LETTER_CHANCE if fields[Field.TEXT].candidates else UNREAD_PAGE_CHANCE
    return look.reading(DocumentKind.LETTER, chance, fields)


def _coupon(look: Look, barcode: scan_line.Barcode) -> Reading:
    look.turn(barcode.rotation_deg, barcode.skew_deg)
    line = scan_line.read_scan_line(look.gray, look.dpi)
    fields = scan_line.fields(barcode, line)
    fields[Field.INSTRUCTION] = _timed(lambda: _tick(look.gray, look.dpi))
    is_ours = bool(fields[Field.COUPON_ACCOUNT].candidates)
    if not is_ours:
        look.problems.append("the coupon's barcode is not ours and its scan line could not be read")
    return look.reading(DocumentKind.COUPON, COUPON_CHANCE if is_ours else FOREIGN_BARCODE_CHANCE, fields)


def _tick(gray: Gray, dpi: int) -> FieldReading:
    """The ticked box of an upright coupon, below the barcode that most coupons carry."""
    barcode = scan_line.read_barcode(gray, Care.QUICK)
    if barcode is None or not barcode.is_coupon:
        return FieldReading(Field.INSTRUCTION, ())
    return tick.read_tick(gray, dpi, barcode.box)


def _without_machine_marks(look: Look) -> Reading:
    """Without barcode, scan line and MICR line: a check whose foot is torn off, or neither coupon nor check."""
    page = zones.sheet(look.gray, look.dpi, inked=look.inked)
    text_lines = _lines(page, page.height_px)
    if any(lines.says(line, "pay to the order of", "order of", "pay to the") for line in text_lines):
        look.problems.append("no MICR line found")
        fields = _check_fields(page, text_lines, page.height_px, None)
        return look.reading(DocumentKind.CHECK, TORN_CHECK_CHANCE, fields)
    fields = {Field.ACCOUNT_NUMBER: account.read_account(text_lines, page, lines.second_reader(page))}
    return look.reading(DocumentKind.OTHER, OTHER_CHANCE, fields)


def _check(look: Look, micr: MicrReading) -> Reading:
    look.rescale(micr.dpi, "the pitch of the MICR line")
    look.turn(micr.rotation_deg, micr.skew_deg)
    bottom = micr.box.top_px - round(MICR_ABOVE_IN * look.dpi) if micr.box else look.gray.shape[0]
    page = zones.sheet(look.gray, look.dpi, bottom, look.inked)
    fields = _check_fields(page, _lines(page, bottom), bottom, micr)
    claimed = micr.candidates[0].probability if micr.fields[Field.ROUTING].candidates else CHECK_CHANCE_LEAST
    return look.reading(DocumentKind.CHECK, max(CHECK_CHANCE_LEAST, min(CHECK_CHANCE_MOST, claimed)), fields)


def _lines(page: zones.Sheet, bottom_px: int) -> list[lines.TextLine]:
    """The pieces that may hold a field, read. Reading takes nearly all the time, so other pieces are left out."""
    text_lines: list[lines.TextLine] = []
    for piece in [part for whole in page.pieces for part in signature.memo_apart(page, whole, bottom_px)]:
        if _may_hold_field(page, piece, bottom_px):
            line = lines.read(page, piece, bottom_px)
            parts = lines.parted(page, line, bottom_px)
            text_lines += [line] if len(parts) > 1 and words.parse(line.value) else parts
    return text_lines


def _may_hold_field(page: zones.Sheet, piece: Piece, bottom_px: int) -> bool:
    height, width = piece.box.height_px / page.dpi, piece.box.width_px / page.dpi
    x = piece.center_px / page.width_px
    y = piece.middle_px / bottom_px
    at_bank_name = x > SMALL_PRINT_LEFT and y < SMALL_PRINT_FOOT and width < SMALL_PRINT_WIDTH_IN
    if height < FINE_PRINT_IN or (height < SMALL_PRINT_IN and at_bank_name):
        return False
    return not (x > signature.LEFT and y > SIGNED_TOP and height > SIGNED_IN and width > SIGNED_WIDTH_IN)


def _check_fields(
    page: zones.Sheet, text_lines: list[lines.TextLine], bottom_px: int, micr: MicrReading | None
) -> Fields:
    fields: Fields = dict(micr.fields) if micr else {}
    if micr:
        numbers = check_number.printed(text_lines)
        fields[Field.BANK_ACCOUNT], fields[Field.SERIAL] = check_number.told_apart(fields, numbers)
        fields |= check_number.cut_short(fields, numbers)
    dpi, again = page.dpi, lines.second_reader(page)
    aux = bool(fields[Field.AUX_ON_US].candidates) if micr else False
    best_serial = fields[Field.SERIAL].best if micr else None
    serial = best_serial.value if best_serial else ""
    spoken = _timed(lambda: words.read_words(text_lines, again))
    courtesy = _timed(lambda: amount.read_amount(text_lines, page, spoken))
    legal = _timed(lambda: _weighed_by_ink(spoken, text_lines, courtesy, again))
    undated = _others(text_lines, legal, courtesy)  # 4.26.00 could be a date, too
    dated = _timed(lambda: date.read_date(undated, page, serial, closely=True))
    rest = _others(text_lines, legal, courtesy, dated)
    payee = _timed(lambda: party.read_payee(rest, dpi, again))
    payer = _timed(lambda: party.read_payer(rest, dpi, serial, again))
    number = _timed(lambda: account.read_account(rest, page, again, _machine_numbers(micr)))
    settled = _boxes(payee, payer, number)
    fields |= {
        Field.COURTESY_AMOUNT: courtesy,
        Field.LEGAL_AMOUNT: legal,
        Field.DATE: dated,
        Field.PAYEE: payee,
        Field.PAYER: payer,
        Field.ACCOUNT_NUMBER: number,
        Field.SIGNATURE: _timed(
            lambda: signature.read_signature(page, bottom_px, {line.piece: line.text for line in text_lines})
        ),
        Field.CHECK_KIND: _timed(lambda: kind.check_kind(text_lines, page.width_px / dpi, aux)),
        Field.PHRASE: _timed(lambda: _phrases(rest, again, settled, _rows_of(payee, payer))),
        Field.INSTRUCTION: _timed(lambda: _instructions(rest, again, settled)),
    }
    return fields


def _boxes(*readings: FieldReading) -> set[Box]:
    """Where these fields were read."""
    return {reading.box for reading in readings if reading.box}


def _others(text_lines: list[lines.TextLine], *readings: FieldReading) -> list[lines.TextLine]:
    """The lines in which none of these fields was read."""
    taken = _boxes(*readings)
    return [line for line in text_lines if line.box not in taken]


def _weighed_by_ink(
    spoken: FieldReading, text_lines: list[lines.TextLine], courtesy: FieldReading, again: lines.Reread
) -> FieldReading:
    """The legal amount, once its line is compared with the amounts that the figures suggest, too."""
    line = next((line for line in text_lines if line.box == spoken.box), None)
    return spoken if line is None else spelled.weigh(spoken, line, courtesy, again)


def _timed(read: Callable[[], FieldReading]) -> FieldReading:
    """A field with the time that its own reading took, without the work that all fields share."""
    began = time.perf_counter()
    return replace(read(), duration_ms=(time.perf_counter() - began) * 1000)


def _rows_of(*readings: FieldReading) -> frozenset[str]:
    return frozenset(row for reading in readings if reading.best for row in reading.best.value.split("\n"))


def _phrases(
    text_lines: list[lines.TextLine], again: lines.Reread, settled: Container[Box], names: Container[str]
) -> FieldReading:
    """Restrictive phrases. A line that may hold one, or handwriting that could not be read, is read again.

    `settled` are lines known to hold another field; `names` are texts in which no free wording counts as a phrase.
    """
    phrases: list[Candidate] = []
    for line in text_lines:
        texts = [line.text]
        clear = MEMO_CLEAR if line.y > MEMO_TOP else PHRASE_CLEAR
        doubtful = line.text.clarity < clear and line.box not in settled and not lines.says(line, *BANK_WORDS)
        hinted = phrase.may_be_said(line.text, in_any_words=line.value not in names)
        if hinted or (doubtful and lines.may_be_sentence(line)):
            texts.append(again(line).text)
        is_name = any(seen.value in names for seen in texts)
        for seen in texts:
            phrases += phrase.find([(seen.value, seen.clarity)], seen.source, in_any_words=not is_name)
        phrases += phrase.unread(texts) if line.y > MEMO_TOP else []
    return FieldReading(Field.PHRASE, ranked(phrases))


def _instructions(text_lines: list[lines.TextLine], again: lines.Reread, settled: Container[Box]) -> FieldReading:
    """What the payer asks for, in lines that hold no other field. A line that may ask for something is read again."""
    asked: list[Candidate] = []
    for line in text_lines:
        if line.box in settled or lines.says(line, *BANK_WORDS) or line.y < INSTRUCTION_TOP:
            continue
        attempts = [line, again(line)] if instruction.hinted(line.value) else [line]
        read = [(attempt.value, attempt.text.probability) for attempt in attempts]
        asked += instruction.find_in_line(read, attempts[-1].text.source)
    return FieldReading(Field.INSTRUCTION, ranked(asked))


def _machine_numbers(micr: MicrReading | None) -> list[str]:
    """The numbers of the MICR line, and the bank's fraction number as it is printed at the top: no account numbers."""
    if micr is None:
        return []
    names = (Field.SERIAL, Field.AUX_ON_US, Field.BANK_ACCOUNT, Field.ROUTING)
    numbers = [candidate.value for name in names for candidate in micr.fields[name].candidates]
    routings = [candidate.value for candidate in micr.fields[Field.ROUTING].candidates]
    return numbers + [f"{routing[4:8]}{routing[:4]}" for routing in routings]


def _with_back(reading: Reading, back: bytes) -> Reading:
    """The reading with what somebody wrote on the back of the check or letter."""
    began = time.perf_counter()
    try:
        picture = decode.decode(back, proof=False)
        gray, dpi = turned(picture.gray, reading.rotation_deg), _back_dpi(picture, reading)
        if reading.kind is DocumentKind.LETTER:
            sides = letter.both_sides(dict(reading.fields), letter.read_back(gray, dpi))
            return replace(reading, fields=sides)
        flat = paper.flat_check(gray) if FLATTENED in reading.problems else None
        written = back_side.read_back(flat.gray if flat else gray, dpi)
        phrases = back_side.phrases(written)
        asked = instruction.find_in_line(written.texts, back_side.SOURCE)
    except UnreadableImage as error:
        return replace(reading, problems=(*reading.problems, f"back: {error.reason}"))
    except Exception as error:
        log.exception(FAILED, side="back", readers=reading.readers)
        return replace(reading, problems=(*reading.problems, f"back: {FAILED}: {type(error).__name__}"))
    front = reading.fields[Field.PHRASE]
    both = replace(
        front,
        candidates=ranked([*front.candidates, *phrases]),
        duration_ms=front.duration_ms + (time.perf_counter() - began) * 1000,
    )
    front_asked = reading.fields[Field.INSTRUCTION]
    both_asked = replace(front_asked, candidates=ranked([*front_asked.candidates, *asked]))
    return replace(reading, fields={**reading.fields, Field.PHRASE: both, Field.INSTRUCTION: both_asked})


def _back_dpi(picture: decode.Picture, reading: Reading) -> int:
    """The resolution that the front was found to have, where the back is as large."""
    ratio = max(picture.gray.shape) / max(reading.width_px, reading.height_px)
    return reading.dpi if 1 / SAME_SIZE < ratio < SAME_SIZE else picture.dpi


def _unreadable(problem: str, began: float) -> Reading:
    return Reading(
        kind=DocumentKind.OTHER,
        kind_probability=0.0,
        problems=(problem,),
        duration_ms=(time.perf_counter() - began) * 1000,
        readers=readers_version(),
    )
