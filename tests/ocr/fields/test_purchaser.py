"""Who bought a money order or a bank's check: beside, above or below the printed labels, and never the label itself."""

from __future__ import annotations

import numpy as np
import pytest

from ocr.fields.lines import Reread, TextLine
from ocr.fields.purchaser import read_purchaser
from ocr.layout.piece import Piece
from ocr.nets.ppocr import Text
from ocr.reading import Box

DPI = 200
TITLE, BANK = ("MONEY ORDER", 2.5, 0.3, 0.2), ("CASHIER'S CHECK", 4.0, 0.4, 0.2)
LABEL_IN, HAND_IN = 0.06, 0.2

Written = tuple[str, float, float, float]  # text, left, top, height in inches


def _line(what: Written, probability: float = 0.9) -> TextLine:
    value, left_in, top_in, height_in = what
    width_in = len(value) * (0.045 if height_in < 0.1 else 0.1)
    box = Box(round(left_in * DPI), round(top_in * DPI), round(width_in * DPI), round(height_in * DPI))
    text = Text(value, probability, np.zeros((1, 96), np.float32), "text")
    x, y = (left_in + width_in / 2) / 7, (top_in + height_in / 2) / 2.8
    return TextLine(Piece(box, None, (len(value),)), text, x, y, height_in, width_in)


def _reread(values: dict[str, str]) -> Reread:
    def again(line: TextLine) -> TextLine:
        text = Text(values.get(line.value, line.value), 0.9, line.text.log_probs, "ppocr")
        return TextLine(line.piece, text, line.x, line.y, line.height_in, line.width_in)

    return again


def _bought(*written: Written, again: Reread | None = None) -> str | None:
    payer = read_purchaser([_line(line) for line in written], DPI, again)
    return None if payer is None else payer.candidates[0].value


@pytest.mark.parametrize(
    "written",
    [
        [("REMITTER Karina Wood", 0.5, 2.2, 0.1)],
        [("Purchased by", 0.5, 2.2, 0.08), ("Karina Wood", 1.3, 2.19, 0.1)],
        [("Karina Wood", 0.6, 2.1, 0.12), ("NAME OF REMITTER", 0.5, 2.28, LABEL_IN)],
        [("REMITTER:", 0.5, 2.0, LABEL_IN), ("Karina Wood", 0.5, 2.12, 0.12)],
        [("Renutter Karina Wood", 0.5, 2.2, 0.1)],  # the label misread
    ],
)
def test_a_bank_types_the_name_after_over_or_under_its_label(written: list[Written]) -> None:
    assert _bought(BANK, *written, ("Re", 0.5, 2.45, 0.08), ("Loan 1263937064", 0.7, 2.44, 0.1)) == "Karina Wood"


def test_a_money_order_s_labels_stand_under_what_is_written() -> None:
    written: list[Written] = [
        ("Meridian Motor Credit", 0.5, 1.0, HAND_IN),
        ("PAY TO THE ORDER OF / PAGAR A", 0.4, 1.25, LABEL_IN),
        ("4051236720", 0.5, 1.45, HAND_IN),
        ("PAYMENT FOR, ACCT. # / PAGO DE", 0.4, 1.68, LABEL_IN),
        ("Jesse Morales", 0.5, 1.85, HAND_IN),
        ("FROM, PURCHASER / REMITENTE", 0.4, 2.1, LABEL_IN),
        ("3158 April Well, Tyler, CO 81147", 0.45, 2.25, HAND_IN),
        ("ADDRESS / DIRECCION", 0.4, 2.5, LABEL_IN),
        ("Jsse Morls", 4.1, 1.85, HAND_IN),
        ("PURCHASER, SIGNER FOR DRAWER", 4.0, 2.1, LABEL_IN),
    ]
    assert _bought(TITLE, *written) == "Jesse Morales\n3158 April Well, Tyler, CO 81147"
    assert _bought(TITLE, *written[8:]) is None  # a signature is no name
    apart = [("Jesse", 0.5, 1.85, HAND_IN), ("Morales", 1.3, 1.87, HAND_IN)]
    assert _bought(TITLE, *apart, *written[5:6]) == "Jesse Morales"


def test_a_postal_money_order_has_labels_before_its_lines_and_the_payee_s_address_beside() -> None:
    written: list[Written] = [
        ("Pay to", 0.3, 1.5, LABEL_IN),
        ("Meridian Motor Credit", 0.7, 1.42, HAND_IN),
        ("From", 3.6, 1.5, LABEL_IN),
        ("Jesse Morales", 4.0, 1.42, HAND_IN),
        ("Address", 0.3, 1.8, LABEL_IN),
        ("1 Lender Pl, Dallas TX", 0.8, 1.72, HAND_IN),
        ("Address", 3.6, 1.82, LABEL_IN),
        ("3158 April Well, Tyler, CO 81147", 4.1, 1.73, HAND_IN),
        ("Memo", 0.3, 2.1, LABEL_IN),
        ("4051236720", 0.7, 2.02, HAND_IN),
    ]
    assert _bought(("POSTAL MONEY ORDER", 2.5, 0.3, 0.2), *written) == "Jesse Morales\n3158 April Well, Tyler, CO 81147"
    assert _bought(*written) is None  # "from" and "address" are labels on money orders alone


def test_a_label_that_runs_into_the_name_is_read_again_for_the_address_under_it() -> None:
    written: list[Written] = [
        ("Meridian Motor Credit", 0.7, 1.42, HAND_IN),
        ("PO Box 660891, Dallas TX", 0.75, 1.72, HAND_IN),
        ("rn Jesse Morles", 3.6, 1.42, HAND_IN),
        ("Address", 3.6, 1.82, LABEL_IN),
        ("3158 April Well, Tyler, CO 81147", 4.1, 1.73, HAND_IN),
    ]
    for again in ("From Jesse Morales", "Fron Jesse Morales"):
        purchaser = _bought(TITLE, *written, again=_reread({"rn Jesse Morles": again}))
        assert purchaser == "Jesse Morales\n3158 April Well, Tyler, CO 81147"
    assert _bought(TITLE, *written[:2], again=_reread({})) is None  # a payee with an address is no purchaser


def test_illegible_labels_are_read_again_and_otherwise_the_place_tells() -> None:
    name, label = ("Jesse Morales", 0.5, 1.85, HAND_IN), ("IHOH LHASER", 0.4, 2.1, LABEL_IN)
    address = ("3158 April Well, Tyler, CO 81147", 0.45, 2.25, HAND_IN)
    lines = [_line(TITLE), _line(name), _line(label, 0.1)]
    assert read_purchaser(lines, DPI, _reread({})) is None
    labeled = read_purchaser(lines, DPI, _reread({"IHOH LHASER": "FROM PURCHASER"}))
    assert labeled
    assert labeled.candidates[0].value == "Jesse Morales"
    unlabeled = read_purchaser([*lines, _line(address)], DPI, _reread({}))
    assert unlabeled
    assert unlabeled.candidates[0].value == "Jesse Morales\n3158 April Well, Tyler, CO 81147"
    assert unlabeled.candidates[0].probability < 0.6 < labeled.candidates[0].probability
    assert read_purchaser([*lines[1:], _line(address)], DPI, _reread({})) is None  # on other papers it is a payee's


def test_an_illegible_address_is_left_out() -> None:
    lines = [_line(TITLE), _line(("Jesse Morales", 0.5, 1.85, HAND_IN)), _line(("FROM", 0.4, 2.1, LABEL_IN))]
    address = ("3158 fota praiie git 837 hythn", 0.45, 2.25, HAND_IN)
    for probability, value in ((1e-7, "Jesse Morales"), (0.5, f"Jesse Morales\n{address[0]}")):
        payer = read_purchaser([*lines, _line(address, probability)], DPI)
        assert payer
        assert payer.candidates[0].value == value
