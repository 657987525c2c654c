"""The MICR line of whole checks: drawn ones, samples of other projects, and real lines kept out of training."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from lockbox.proving.real_sets import MICR_LABELS
from ocr.fields.micr import fields_of, read_line, read_micr
from ocr.image.decode import decode
from ocr.image.e13b import draw_line
from ocr.nets import ctc
from ocr.reading import Candidate, Field
from tests.builders.paths import REAL_SAMPLES

SHARED = REAL_SAMPLES
ROUTING, ACCOUNT, SERIAL = "570000019", "1234567890", "10452"
PERSONAL = f"A{ROUTING}A {ACCOUNT}C {SERIAL}"
BUSINESS = f"C{SERIAL}C A{ROUTING}A  {ACCOUNT}C"


def _check(line: str = PERSONAL, dpi: int = 200, skew_deg: float = 0.0, paper: int = 235) -> np.ndarray:
    """A check with some print and its MICR line where ANSI X9.100-160 puts it, 6 or 8.5 inches wide."""
    width = (8.5 if line.startswith("C") else 6.0) * dpi
    page = np.full((round(2.75 * dpi), round(width)), paper, np.uint8)
    for row, text in enumerate(("PAT MILLER   12 OAK STREET", "PAY TO THE ORDER OF LENDER 412.50", "MEMO 1234 LOAN")):
        at = (round(0.3 * dpi), round((0.4 + 0.75 * row) * dpi))
        cv2.putText(page, text, at, cv2.FONT_HERSHEY_SIMPLEX, dpi / 260, 40, max(1, dpi // 90), cv2.LINE_AA)
    drawn = draw_line(line, dpi)
    top, left = page.shape[0] - round(0.3125 * dpi) - drawn.shape[0] // 2, round(0.45 * dpi)
    area = page[top : top + drawn.shape[0], left : left + drawn.shape[1]]
    np.minimum(area, drawn, out=area)
    if not skew_deg:
        return page
    matrix = cv2.getRotationMatrix2D((page.shape[1] / 2, page.shape[0] / 2), -skew_deg, 1.0)
    grow = round(page.shape[1] * abs(np.sin(np.radians(skew_deg))) / 2) + 2
    matrix[1, 2] += grow
    size = (page.shape[1], page.shape[0] + 2 * grow)
    return np.asarray(cv2.warpAffine(page, matrix, size, borderValue=paper))


def _bitonal(page: np.ndarray) -> np.ndarray:
    return np.where(page > 140, 255, 0).astype(np.uint8)


def _speckled(page: np.ndarray) -> np.ndarray:
    flips = np.random.default_rng(7).random(page.shape) < 0.008
    return np.where(flips, 255 - page, page).astype(np.uint8)


def _jpeg(page: np.ndarray) -> np.ndarray:
    return np.asarray(cv2.imdecode(cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, 40])[1], 0))


def _faint(page: np.ndarray) -> np.ndarray:
    return (page * 0.35 + 150).astype(np.uint8)


def _values(page: np.ndarray, dpi: int) -> dict[Field, str]:
    fields = read_micr(page, dpi).fields
    return {name: field.best.value for name, field in fields.items() if field.best}


@pytest.mark.parametrize("dpi", [100, 150, 200, 240, 300])
@pytest.mark.parametrize("finish", [np.copy, _bitonal], ids=["gray", "bitonal"])
@pytest.mark.parametrize("turned", [False, True], ids=["upright", "upside-down"])
def test_personal_check(dpi: int, finish: Callable[[np.ndarray], np.ndarray], turned: bool) -> None:
    page = finish(_check(dpi=dpi))
    reading = read_micr(np.ascontiguousarray(page[::-1, ::-1]) if turned else page, dpi)
    assert reading.rotation_deg == (180 if turned else 0)
    best = {name: field.best.value for name, field in reading.fields.items() if field.best}
    assert best[Field.ROUTING] == ROUTING
    assert best[Field.BANK_ACCOUNT] == ACCOUNT
    assert best[Field.SERIAL] == SERIAL
    assert Field.AUX_ON_US not in best


def test_business_check_has_its_serial_in_the_auxiliary_field() -> None:
    best = _values(_check(BUSINESS), 200)
    assert (best[Field.AUX_ON_US], best[Field.SERIAL]) == (SERIAL, SERIAL)
    assert (best[Field.ROUTING], best[Field.BANK_ACCOUNT]) == (ROUTING, ACCOUNT)


def test_whole_line_comes_with_its_spaces() -> None:
    assert _values(_check(BUSINESS), 200)[Field.MICR_LINE] == BUSINESS
    assert _values(_check(PERSONAL, 300), 300)[Field.MICR_LINE] == PERSONAL


@pytest.mark.parametrize("skew", [-5.0, -2.0, 1.0, 4.5])
def test_skew_is_measured_and_does_not_hurt(skew: float) -> None:
    reading = read_micr(_check(skew_deg=skew), 200)
    assert reading.skew_deg == pytest.approx(skew, abs=0.15)
    best = reading.fields[Field.ROUTING].best
    assert best is not None
    assert best.value == ROUTING


@pytest.mark.parametrize("worn", [_speckled, _jpeg, _faint, lambda page: _speckled(_bitonal(page))])
def test_worn_scans(worn: Callable[[np.ndarray], np.ndarray]) -> None:
    best = _values(worn(_check()), 200)
    assert (best[Field.ROUTING], best[Field.BANK_ACCOUNT], best[Field.SERIAL]) == (ROUTING, ACCOUNT, SERIAL)


def test_box_holds_the_line_of_the_turned_and_leveled_picture() -> None:
    page = _check()
    box = read_micr(page, 200).box
    assert box is not None
    inside = page[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]
    bottom = page[-120:]
    assert (inside < 100).sum() > 0.97 * (bottom < 100).sum()
    assert box.height_px < 40
    assert read_micr(np.ascontiguousarray(page[::-1, ::-1]), 200).box == box


def test_amount_and_code_are_read() -> None:
    line = f"C{SERIAL}C 4A{ROUTING}A {ACCOUNT}C  B0000041250B"
    reading = read_micr(_check(line), 200)
    assert (reading.epc, reading.amount_cents) == ("4", 41250)


def test_an_amount_encoded_lower_and_smaller_by_another_machine_is_read() -> None:
    page = _check(f"C{SERIAL}C A{ROUTING}A {ACCOUNT}C", dpi=240)
    amount = draw_line("B0000041250B", 170)
    top, left = page.shape[0] - round(0.13 * 240) - amount.shape[0] // 2, round(6.2 * 240)
    area = page[top : top + amount.shape[0], left : left + amount.shape[1]]
    np.minimum(area, amount, out=area)
    assert read_micr(page, 240).amount_cents == 41250


def test_worn_characters_are_seldom_left_out() -> None:
    """Each in turn loses its upper or lower half or its middle: the pitch tells that a character stands there."""
    plain, whole = PERSONAL.replace(" ", ""), 0
    places = [place for place, char in enumerate(PERSONAL) if char != " "]
    for place in places:
        for top, bottom in ((-12, -4), (4, 12), (-12, 0), (-3, 3)):
            worn = _check()
            left, middle = round((0.45 + 0.125 * place) * 200), worn.shape[0] - round(0.3125 * 200)
            worn[middle + top : middle + bottom, left : left + 25] = 235
            line = read_micr(worn, 200).candidates
            whole += bool(line) and len(line[0].value.replace(" ", "")) == len(plain)
    assert whole >= 0.9 * 4 * len(places)


def _coupon() -> np.ndarray:
    page = np.full((700, 1700), 250, np.uint8)
    cv2.putText(page, "PAYMENT COUPON  DUE 03/01/2026", (80, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.4, 20, 3)
    cv2.putText(page, "1234567890 00041250 030126 45", (600, 640), cv2.FONT_HERSHEY_PLAIN, 2.2, 10, 3)
    return page


def _scribble() -> np.ndarray:
    page = np.full((550, 1200), 255, np.uint8)
    points = np.random.default_rng(4).normal(0, 60, (400, 2)).cumsum(axis=0) % (1200, 550)
    cv2.polylines(page, [points.astype(np.int32)], False, 0, 3)
    return page


@pytest.mark.parametrize(
    "page",
    [
        _coupon(),
        _scribble(),
        np.full((550, 1200), 255, np.uint8),
        np.zeros((550, 1200), np.uint8),
        np.full((40, 40), 200, np.uint8),
        np.random.default_rng(5).integers(0, 256, (550, 1200)).astype(np.uint8),
    ],
    ids=["coupon", "scribble", "white", "black", "tiny", "noise"],
)
def test_documents_without_a_line_say_so_quickly(page: np.ndarray) -> None:
    read_micr(page, 200)
    began = time.perf_counter()
    reading = read_micr(page, 200)
    assert time.perf_counter() - began < 2
    assert not reading.has_line
    assert reading.box is None
    assert set(reading.fields) == {Field.MICR_LINE, Field.ROUTING, Field.BANK_ACCOUNT, Field.SERIAL, Field.AUX_ON_US}
    assert not any(field.candidates for field in reading.fields.values())


def test_one_lost_digit_never_gives_a_sure_wrong_routing_number() -> None:
    page = _check()
    for place in range(1, 10):
        torn = page.copy()
        left = round((0.45 + 0.125 * place) * 200)
        torn[-100:, left : left + 25] = 235
        routings = read_micr(torn, 200).fields[Field.ROUTING].candidates
        assert all(routing.probability <= 0.5 for routing in routings)


def test_chances_of_lines_that_agree_on_a_field_add_up() -> None:
    misread = PERSONAL.replace(SERIAL, "10457")
    fields = fields_of((Candidate(PERSONAL, 0.6, "micr"), Candidate(misread, 0.3, "micr")))
    routing, serial = fields[Field.ROUTING].best, fields[Field.SERIAL].candidates
    assert routing is not None
    assert routing.value == ROUTING
    assert routing.probability == pytest.approx(0.9 / (0.9 + 0.1 * 0.1))
    assert [candidate.value for candidate in serial] == [SERIAL, "10457"]
    assert serial[0].probability == pytest.approx(2 * serial[1].probability)


def test_the_model_s_published_accuracy_has_not_fallen() -> None:
    facts = json.loads((ctc.MODELS / "micr.json").read_text())
    assert (ctc.MODELS / "micr.onnx").stat().st_size < 1_000_000
    assert facts["figures"]["real_kept_out_exact"] >= 0.9
    assert facts["data"]["real"].endswith("labels corrected")


def test_real_lines_kept_out_of_training() -> None:
    folder = SHARED / "micr_lines"
    if not folder.exists():
        pytest.skip("the real lines are not present")
    held = set(json.loads((ctc.MODELS / "micr.json").read_text())["data"]["groups_kept_out"])
    with (folder / "labels.csv").open(newline="") as rows:
        chosen = [row for row in csv.DictReader(rows) if row["group"] in held][::3]
    exact = 0
    for row in chosen:
        line = read_line(np.asarray(Image.open(folder / row["file"]).convert("L")))
        truth = MICR_LABELS.get(row["file"], row["label"])
        exact += bool(line.candidates) and line.candidates[0].value.replace(" ", "") == truth
    assert exact >= 0.95 * len(chosen)


def _sample_checks() -> list[tuple[dict[str, Any], bytes]]:
    """Front images of the X9 sample with what they say; its records are long, so the image tag finds them."""
    data = SHARED / "formats" / "x9ware_dstu_10checks_ebcdic.x9"
    if not data.exists():
        return []
    pictures = data.read_bytes().split(b"II*\0")[1:]
    truth = json.loads(data.with_suffix(".x9.truth.json").read_text())
    return [(check, b"II*\0" + picture) for check, picture in zip(truth, pictures[::2], strict=True)]


@pytest.mark.parametrize("turned", [False, True], ids=["upright", "upside-down"])
def test_sample_checks_of_another_project(turned: bool) -> None:
    checks = _sample_checks()
    if not checks:
        pytest.skip("the samples are not present")
    for truth, data in checks:
        picture = decode(data)
        gray = np.ascontiguousarray(picture.gray[::-1, ::-1]) if turned else picture.gray
        best = _values(gray, picture.dpi)
        assert best[Field.ROUTING] == truth["routing"]
        assert best[Field.BANK_ACCOUNT] == truth["account"].replace(" ", "")
        assert best[Field.SERIAL] == truth["serial"]
        assert best.get(Field.AUX_ON_US, "") == truth["aux"]
        assert read_micr(gray, picture.dpi).amount_cents == truth["amount_cents"]


def _last_character(page: np.ndarray, line: str) -> tuple[slice, slice]:
    """Rows and columns of the last character's cell."""
    middle, left = page.shape[0] - round(0.3125 * 200), round((0.45 + 0.125 * (len(line) - 1)) * 200)
    return slice(middle - 14, middle + 14), slice(left, left + 25)


@pytest.mark.parametrize("line", [PERSONAL, BUSINESS])
def test_a_broken_last_character_is_not_sure(line: str) -> None:
    whole = read_micr(_check(line), 200).fields[Field.MICR_LINE].best
    assert whole is not None
    assert whole.probability > 0.9
    for part in (slice(0, 12), slice(16, 28), slice(9, 19)):
        page = _check(line)
        rows, columns = _last_character(page, line)
        page[rows, columns][part] = 235
        best = read_micr(page, 200).fields[Field.MICR_LINE].best
        assert best is None or best.value.replace(" ", "") == line.replace(" ", "") or best.probability < 0.9


@pytest.mark.parametrize("lost_pitches", [0.4, 0.8, 1.3, 2.0])
def test_a_line_that_reaches_the_picture_s_edge_is_not_sure(lost_pitches: float) -> None:
    page = _check(PERSONAL)
    end = round((0.45 + 0.125 * (len(PERSONAL) - lost_pitches)) * 200)
    reading = read_micr(np.ascontiguousarray(page[:, :end]), 200)
    best, routing = reading.fields[Field.MICR_LINE].best, reading.fields[Field.ROUTING].best
    assert best is None or best.probability < 0.9
    assert routing is not None
    assert (routing.value, routing.probability > 0.9) == (ROUTING, True)
