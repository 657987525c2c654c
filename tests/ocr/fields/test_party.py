"""Who pays and who is paid: the name beside the label, even a misread label, and never the label itself."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.fields.lines import TextLine
from ocr.fields.party import read_payee, read_payer
from ocr.layout.piece import Piece
from ocr.layout.ruled import Rule
from ocr.nets.ppocr import Text
from ocr.reading import Box

DPI = 200


def _line(value: str, left_in: float, top_in: float, probability: float = 0.9, height_in: float = 0.1) -> TextLine:
    box = Box(round(left_in * DPI), round(top_in * DPI), round(0.08 * DPI * len(value)), round(height_in * DPI))
    text = Text(value, probability, np.zeros((1, 96), np.float32), "text")
    rule = Rule(0, 1200, 240, 242) if height_in > 0.15 else None
    return TextLine(
        Piece(box, rule, (1,)), text, (left_in + 0.5) / 6, (top_in + 0.1) / 2.4, height_in, 0.08 * len(value)
    )


def _payees(lines: list[TextLine], reread: dict[str, str] | None = None) -> list[str]:
    def again(line: TextLine) -> TextLine:
        value = (reread or {}).get(line.value, line.value)
        return TextLine(line.piece, Text(value, 0.9, line.text.log_probs, "ppocr"), line.x, line.y, line.height_in, 1.0)

    return [candidate.value for candidate in read_payee(lines, DPI, again).candidates]


PAYEE = _line("Meridian Motor Credit", 1.2, 0.95, height_in=0.2)


@pytest.mark.parametrize("label", ["ORDER OF", "Pay to the order of", "OROER OF"])
def test_the_payee_stands_right_of_its_label(label: str) -> None:
    assert _payees([_line(label, 0.3, 1.0), PAYEE]) == ["Meridian Motor Credit"]


def test_a_label_in_three_rows_is_one_label() -> None:
    label = [_line(word, 0.3, 0.9 + at / 10) for at, word in enumerate(("TO THE", "ORDER", "OF"))]
    name = _line("Meridian Motor Credit", 1.2, 0.98)  # printed, on no rule
    assert _payees([*label, name]) == ["Meridian Motor Credit"]
    assert _payees([_line("TOTHE Meridian Motor Credit", 0.3, 0.9), *label[1:]]) == ["Meridian Motor Credit"]


def test_without_a_label_every_line_in_place_is_listed_and_none_is_sure() -> None:
    lines = [_line("First Prairie Bank", 0.3, 1.2), _line("Meridian Motor Credit", 1.2, 0.98)]
    payees = read_payee([*lines, _line("Kathleen O'Brien", 0.3, 0.2)], DPI).candidates
    assert [payee.value for payee in payees] == ["Meridian Motor Credit"]
    assert payees[0].probability < 0.5


def test_a_typed_account_number_over_an_illegible_label_is_no_payee() -> None:
    number = _line("Account Number: 2429949523", 0.4, 0.85, height_in=0.16)
    assert _payees([number, _line("8ige0ine", 0.3, 1.2, 0.1), PAYEE]) == ["Meridian Motor Credit"]


@pytest.mark.parametrize("label", ["I PAGARA LA ORDEN DE", "OROER OF", "Drder of", "dollars"])
def test_a_misread_label_is_no_payee(label: str) -> None:
    assert _payees([_line("PAY TO THE", 0.3, 0.9), _line(label, 1.4, 0.95)]) == []


def test_a_label_that_could_not_be_read_is_read_again() -> None:
    label, name = _line("Pov t hc", 0.3, 1.0, 0.1), _line("Meridian Motor Credit", 1.2, 0.98)
    assert _payees([label, name], {"Pov t hc": "Pay to the"}) == ["Meridian Motor Credit"]


def test_a_doubtful_payee_is_read_twice() -> None:
    doubtful = _line("Merdn Mclor Crdl", 1.2, 0.95, 0.01, 0.2)
    assert _payees([_line("ORDER OF", 0.3, 1.0), doubtful], {"Merdn Mclor Crdl": "Meridian Motor Credit"}) == [
        "Meridian Motor Credit",
        "Merdn Mclor Crdl",
    ]


@pytest.mark.parametrize("serial", ["1045", ""])
def test_the_payer_is_the_block_at_the_top_whether_the_serial_is_known_or_not(serial: str) -> None:
    block = [_line(row, 0.3, 0.2 + at / 8) for at, row in enumerate(("Kathleen O'Brien", "12 Oak Street", "Tyler TX"))]
    payer = read_payer([*block, _line("Meridian Motor Credit", 1.2, 0.95, height_in=0.2)], DPI, serial).best
    assert payer is not None
    assert payer.value.splitlines() == ["Kathleen O'Brien", "12 Oak Street", "Tyler TX"]


def test_a_house_number_that_stands_apart_belongs_to_its_street() -> None:
    street = [_line("7687", 0.3, 0.32), _line("Morales Villages", 0.7, 0.32)]
    block = [_line("Nicholas Gibson", 0.3, 0.2), *street, _line("Tyler TX 75703", 0.3, 0.44)]
    payer = read_payer(block, DPI).best
    assert payer is not None
    assert payer.value.splitlines() == ["Nicholas Gibson", "7687 Morales Villages", "Tyler TX 75703"]


def test_a_block_without_a_name_is_unsure() -> None:
    payer = read_payer([_line("7687 Morales Villages", 0.3, 0.32), _line("Tyler TX 75703", 0.3, 0.44)], DPI).best
    assert payer is not None
    assert payer.probability < 0.15


def test_a_scrap_of_one_letter_is_no_label() -> None:
    """Letters of MONEY ORDER, printed upright along the edge, stand level with the purchaser's lines."""
    lines = [
        _line("Meridian Motor Leasing", 0.6, 1.0, height_in=0.2),
        _line("PAY TO THE ORDER OF", 0.6, 1.25, height_in=0.06),
        _line("A", 0.1, 1.5),
        _line("loan pmt", 0.7, 1.5, height_in=0.18),
    ]
    assert _payees(lines) == ["Meridian Motor Leasing"]


def test_a_row_of_the_label_may_run_into_the_name() -> None:
    lines = [_line("TO THE", 0.3, 1.5), _line("ORDER MERIDIAN MOTOR CREDIT", 0.3, 1.6), _line("OF", 0.3, 1.7)]
    assert _payees(lines) == ["MERIDIAN MOTOR CREDIT"]


def test_the_label_s_second_language_is_no_payee() -> None:
    lines = [
        _line("Meridian Motor Credit", 0.3, 0.9, height_in=0.2),
        _line("PAY TOTHE OROEROFIPAGARAU ORDENDE", 0.3, 1.15, height_in=0.06),
    ]
    assert _payees(lines) == ["Meridian Motor Credit"]
