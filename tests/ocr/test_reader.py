"""Whole documents: drawn ones, real ones where the samples are present, and files that are no images."""

from __future__ import annotations

import gc
import io
import json
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import zxingcpp
from PIL import Image
from stdnum.iso7064 import mod_97_10

from lockbox.simulator.draw import draw_back, draw_front
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper, Paper, ScanManner
from lockbox.simulator.scan import scan
from ocr.__main__ import main
from ocr.fields import coupon, lines
from ocr.image.prepare import Gray
from ocr.layout.piece import Piece
from ocr.nets import ppocr
from ocr.reader import _phrases, read_document
from ocr.reading import Box, CheckKind, DocumentKind, Field, Reading, from_json, to_json
from tests.builders.paths import REAL_SAMPLES

SHARED = REAL_SAMPLES
ACCOUNT = "40512367" + mod_97_10.calc_check_digits("40512367")
CHECK = CheckPaper(
    kind=CheckKind.BILL_PAY,
    payer_lines=("Jordan A Miller", "12 Cedar Lane", "Plano, TX 75074"),
    bank_name="Pecan Grove Bank & Trust",
    routing="570000018",
    bank_account="123456789",
    serial="20451187",
    payee="Meridian Motor Credit",
    amount_cents=41250,
    courtesy_text="$412.50",
    legal_text="Four hundred twelve and 50/100",
    date_text="11/13/2026",
    memo_text=None,
    signer=None,
    reference_text=f"Account: {ACCOUNT}",
)
LINE = coupon.compose(ACCOUNT, 41250, date(2026, 12, 1))
COUPON = CouponPaper(
    account_number=ACCOUNT,
    amount_due_cents=41250,
    due_on=date(2026, 12, 1),
    scan_line=LINE,
    barcode=coupon.barcode_payload(LINE),
    customer_lines=("Jordan A Miller", "12 Cedar Lane", "Plano, TX 75074"),
    remit_lines=("Meridian Motor Credit", "P.O. Box 650805", "Dallas, TX 75265-0805"),
)


@cache
def _read(paper: Paper, manner: ScanManner | None = None, seed: int = 7) -> Reading:
    manner = manner or ScanManner()
    return read_document(scan(draw_front(paper, seed), manner, seed), scan(draw_back(paper, seed), manner, seed + 1))


def _value(reading: Reading, name: Field) -> str | None:
    best = reading.best(name)
    return best.value if best else None


@pytest.mark.parametrize("manner", [ScanManner(), ScanManner(upside_down=True, skew_deg=2.0)], ids=["flat", "turned"])
def test_a_printed_check(manner: ScanManner) -> None:
    reading = _read(CHECK, manner)
    assert reading.kind is DocumentKind.CHECK
    assert reading.rotation_deg == (180 if manner.upside_down else 0)
    assert {name: _value(reading, name) for name in (Field.COURTESY_AMOUNT, Field.LEGAL_AMOUNT, Field.DATE)} == {
        Field.COURTESY_AMOUNT: "41250",
        Field.LEGAL_AMOUNT: "41250",
        Field.DATE: "2026-11-13",
    }
    assert _value(reading, Field.ACCOUNT_NUMBER) == ACCOUNT
    assert _value(reading, Field.CHECK_KIND) == CheckKind.BILL_PAY
    assert _value(reading, Field.SIGNATURE) == "absent"
    assert (_value(reading, Field.PAYEE) or "").lower() == "meridian motor credit"
    assert "12 Cedar Lane" in (_value(reading, Field.PAYER) or "")
    assert not reading.candidates(Field.PHRASE)


@pytest.mark.parametrize("symbology", ["QRCode", "PDF417"])
def test_a_check_that_carries_a_barcode_is_a_check(symbology: str) -> None:
    """Check printers put their own codes on checks; they are not a coupon's."""
    front = np.array(draw_front(CHECK, 7), np.uint8)
    code = zxingcpp.create_barcode("https://example.com/check/20451187", getattr(zxingcpp.BarcodeFormat, symbology))
    symbol = np.asarray(code.to_image(scale=3), np.uint8)
    front[40 : 40 + symbol.shape[0], 700 : 700 + symbol.shape[1]] = symbol
    file = io.BytesIO()
    Image.fromarray(front).save(file, "PNG", dpi=(200, 200))
    reading = read_document(file.getvalue())
    assert reading.kind is DocumentKind.CHECK
    assert reading.fields[Field.LEGAL_AMOUNT].candidates[0].value == "41250"


def test_probabilities_are_probabilities() -> None:
    for field in _read(CHECK).fields.values():
        assert all(0 <= candidate.probability <= 1 for candidate in field.candidates)
        chances = [candidate.probability for candidate in field.candidates]
        assert chances == sorted(chances, reverse=True)


def test_a_clear_check_needs_no_second_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Gray] = []
    real = ppocr.read_line

    def read_line(line: Gray, *args: Any, **options: Any) -> ppocr.Text:
        asked.append(line)
        return real(line, *args, **options)

    monkeypatch.setattr(ppocr, "read_line", read_line)
    reading = read_document(scan(draw_front(CHECK, 7), ScanManner(), 7))
    assert _value(reading, Field.LEGAL_AMOUNT) == "41250"
    assert len(asked) <= 3
    assert {field.best.source for field in reading.fields.values() if field.best} >= {"micr", "text"}


def test_names_that_resemble_phrases_and_zip_codes_cost_no_second_look() -> None:
    """Read without doubt, they are what they say: a phrase, and digits of an account, would have been seen at once."""
    block = ("MOLLY MULLINS", "4415 Padilla Passage", "Port Michelleland, FL 32194")
    papers = [CHECK, replace(CHECK, payer_lines=block)]
    fronts = [scan(draw_front(paper, 7), ScanManner(), 7) for paper in papers]
    before = ppocr.looks()
    plain, alike = (read_document(front) for front in fronts)
    assert ppocr.looks() == before
    assert "4415 Padilla Passage" in (_value(alike, Field.PAYER) or "")
    assert [_value(read, Field.ACCOUNT_NUMBER) for read in (plain, alike)] == [ACCOUNT, ACCOUNT]


@pytest.mark.parametrize(("y", "is_heard"), [(0.82, True), (0.5, False)])
def test_a_memo_line_that_was_not_read_clearly_is_read_again_for_phrases(y: float, is_heard: bool) -> None:
    """As "all rts rsvd" was read; elsewhere only what is hardly legible is read again."""
    piece = Piece(Box(0, 0, 100, 20), None, (1,))
    first, second = (
        lines.TextLine(piece, replace(ppocr.NOTHING, value=value, probability=clarity ** len(value)), 0.2, y, 0.2, 1.0)
        for value, clarity in (("allrts rovd", 0.83), ("all rts. rsvd", 0.99))
    )
    assert bool(_phrases([first], lambda _: second, set(), set()).candidates) is is_heard


def test_each_field_says_how_long_it_took() -> None:
    reading = _read(CHECK)
    assert reading.fields[Field.LEGAL_AMOUNT].duration_ms > 0
    assert sum(field.duration_ms for field in reading.fields.values()) <= reading.duration_ms


def test_words_in_a_name_or_address_are_no_restrictive_phrase() -> None:
    paper = replace(CHECK, payer_lines=("Release Of All Claims LLC", "721 Washington Spurs", "Tammyland, MO 65586"))
    reading = _read(paper)
    assert reading.fields[Field.PAYER].candidates
    assert reading.candidates(Field.PHRASE) == ()


@pytest.mark.thorough
def test_reading_many_documents_takes_no_more_memory() -> None:
    """A reader process reads a day's mail; memory kept per document would add up."""
    papers = [
        (scan(draw_front(paper, seed), ScanManner(), seed), scan(draw_back(paper, seed), ScanManner(), seed + 1))
        for paper in (CHECK, COUPON, replace(CHECK, kind=CheckKind.PERSONAL, signer="J Miller", memo_text=ACCOUNT))
        for seed in (7, 8)
    ]
    process = psutil.Process()
    taken = []
    for _ in range(6):
        for front, back in papers:
            read_document(front, back)
        gc.collect()
        taken.append(process.memory_info().rss / 2**20)
    assert taken[-1] - taken[1] < 12  # MiB; one gray front kept would be 0.6 a document, 14 in all
    assert taken[-1] < 1024


def test_a_reading_survives_json() -> None:
    assert from_json(to_json(_read(CHECK))) == _read(CHECK)


def test_a_signed_check_with_a_restrictive_memo() -> None:
    paper = replace(
        CHECK, kind=CheckKind.PERSONAL, serial="1042", reference_text=None, memo_text="PAID IN FULL", signer="J Miller"
    )
    reading = _read(paper)
    assert _value(reading, Field.SIGNATURE) == "present"
    assert reading.candidates(Field.PHRASE)
    assert _value(_read(replace(paper, signer=None, memo_text=None)), Field.SIGNATURE) == "absent"


@pytest.mark.parametrize(
    "manner",
    [
        ScanManner(),
        ScanManner(format="jpeg", dpi=100),
        ScanManner(upside_down=True),
        ScanManner(skew_deg=4.5, upside_down=True),
    ],
    ids=["g4", "jpeg 100", "upside-down", "skewed"],
)
def test_a_coupon(manner: ScanManner) -> None:
    reading = _read(COUPON, manner)
    assert reading.kind is DocumentKind.COUPON
    assert _value(reading, Field.COUPON_ACCOUNT) == ACCOUNT
    assert _value(reading, Field.COUPON_AMOUNT) == "41250"
    assert _value(reading, Field.COUPON_DUE_ON) == "2026-12-01"


def test_a_coupon_whose_barcode_says_something_else_is_unsure() -> None:
    another = coupon.compose(ACCOUNT, 99999, date(2026, 12, 1))
    reading = _read(replace(COUPON, barcode=coupon.barcode_payload(another)))
    assert {amount.value for amount in reading.candidates(Field.COUPON_AMOUNT)} == {"41250", "99999"}
    assert all(amount.probability <= 0.5 for amount in reading.candidates(Field.COUPON_AMOUNT))


def test_a_typed_letter() -> None:
    lines = (
        f"Re: account {ACCOUNT}",
        "",
        "Enclosed is my check. By cashing it you agree",
        "that my account is paid in full.",
    )
    reading = _read(LetterPaper(lines, by_hand=False))
    assert reading.kind is DocumentKind.LETTER
    assert _value(reading, Field.ACCOUNT_NUMBER) == ACCOUNT
    assert _value(reading, Field.PHRASE) == "paid in full"


@pytest.mark.parametrize("seed", [0, 2])
def test_a_handwritten_letter_upside_down_whose_rows_overlap(seed: int) -> None:
    lines = ("Hello,", "", "Enclosed is my check. By cashing it you agree", "that my account is settled in full")
    paper = LetterPaper((*lines, "satisfaction and that nothing more is owed."), by_hand=True)
    reading = _read(paper, ScanManner(upside_down=True), seed)
    assert reading.rotation_deg == 180
    assert {"full satisfaction", "full settlement"} & {phrase.value for phrase in reading.candidates(Field.PHRASE)}


@pytest.mark.parametrize(
    "seed", [106, 135, 159]
)  # rows too close, too slanted or too cursive to be split in simpler ways
def test_a_handwritten_letter_that_settles_the_debt_is_recognized(seed: int) -> None:
    lines = ("Hello,", "", "Enclosed is my check. By cashing it you agree", "that my account is paid in full")
    paper = LetterPaper((*lines, "and that nothing more is owed."), by_hand=True)
    reading = _read(paper, ScanManner(upside_down=bool(seed % 2)), seed)
    assert _value(reading, Field.PHRASE) == "paid in full"
    assert reading.candidates(Field.PHRASE)[0].probability > 0.5


@pytest.mark.parametrize(("by_hand", "turn"), [(True, 90), (False, 270)])
def test_a_letter_scanned_sideways(by_hand: bool, turn: int) -> None:
    lines = ("Enclosed is my check. By cashing it you agree", "that my account is paid in full")
    page = np.asarray(draw_front(LetterPaper(lines, by_hand=by_hand), 4))
    reading = read_document(_png(Image.fromarray(np.rot90(page, turn // 90))))
    assert reading.rotation_deg == turn
    assert _value(reading, Field.PHRASE) == "paid in full"


def test_a_blank_page() -> None:
    assert read_document(_png(Image.new("L", (1700, 2200), 250))).kind is DocumentKind.BLANK


def test_dust_and_a_torn_edge_are_blank_and_a_short_note_is_not() -> None:
    """A note of two lines has less ink than some dust; taken for blank, it would let its check post."""
    dust = np.full((2200, 1700), 250, np.uint8)
    rng = np.random.default_rng(3)
    for y, x in rng.integers(40, 1600, (60, 2)):
        dust[y : y + int(rng.integers(1, 8)), x : x + int(rng.integers(1, 8))] = 30
    dust[60:140, 60:100] = 30
    assert read_document(_png(Image.fromarray(dust))).kind is DocumentKind.BLANK
    note = _read(LetterPaper((f"Re: account {ACCOUNT}", "paid in full"), by_hand=False))
    assert note.kind is DocumentKind.LETTER
    assert _value(note, Field.PHRASE) == "paid in full"
    hand = _read(LetterPaper(("paid in full",), by_hand=True))
    assert hand.kind is DocumentKind.LETTER


@pytest.mark.parametrize(
    "data", [b"", b"%PDF-1.4", b"II*\0broken", b"\xff\xd8\xff" + bytes(50)], ids=["empty", "pdf", "tiff", "jpeg"]
)
def test_bytes_that_are_no_image_give_a_reading_with_a_reason(data: bytes) -> None:
    reading = read_document(data)
    assert reading.kind is DocumentKind.OTHER
    assert reading.problems[0].startswith("front: ")
    assert not reading.fields


def test_a_broken_back_does_not_spoil_the_front() -> None:
    reading = read_document(scan(draw_front(CHECK, 7), ScanManner(), 7), b"II*\0broken")
    assert _value(reading, Field.COURTESY_AMOUNT) == "41250"
    assert any(problem.startswith("back: ") for problem in reading.problems)


def test_the_command_prints_the_reading_and_draws_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, drawn = tmp_path / "coupon.tif", tmp_path / "out.png"
    source.write_bytes(scan(draw_front(COUPON, 7), ScanManner(), 7))
    assert main([str(source), "--draw", str(drawn)]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "coupon"
    with Image.open(drawn) as picture:
        assert picture.width > 1000
    source.write_bytes(b"nothing")
    assert main([str(source)]) == 1


@pytest.mark.skipif(not (SHARED / "formats").exists(), reason="the sample files are not present")
def test_real_samples() -> None:
    """Amounts of the ten checks in a sample cash letter, $100.00 to $100.18."""
    data = (SHARED / "formats" / "x9ware_dstu_10checks_ebcdic.x9").read_bytes()
    starts = [at for at in range(len(data)) if data[at : at + 4] == b"II*\0"]
    amounts = []
    for front, back in list(zip(starts, [*starts[1:], len(data)], strict=True))[::2]:
        amounts.append(_value(read_document(data[front:back]), Field.COURTESY_AMOUNT))
    assert amounts == [str(10000 + 2 * at) for at in range(10)]


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(200, 200))
    return out.getvalue()


@pytest.mark.thorough
def test_a_page_without_writing_is_not_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(_: lines.TextLine) -> lines.TextLine:
        raise AssertionError("the second reader was asked")

    monkeypatch.setattr(lines, "second_reader", lambda _: asked)
    y, x = np.mgrid[0:2200, 0:1700]
    noise = np.random.default_rng(1).integers(0, 256, (2200, 1700))
    for pattern in (noise, np.where((x % 25 < 3) | (y % 25 < 3), 0, 255), np.where((x // 40 + y // 40) % 2, 0, 255)):
        reading = read_document(_png(Image.fromarray(pattern.astype(np.uint8))))
        assert reading.kind is DocumentKind.LETTER
        assert not any("reading failed" in problem for problem in reading.problems)
        assert not reading.candidates(Field.TEXT) or reading.candidates(Field.TEXT)[0].probability < 0.25
