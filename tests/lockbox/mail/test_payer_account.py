"""The payer's bank account: two layouts of one MICR line, and what is learned of the bank."""

from __future__ import annotations

from lockbox.mail.item_readings import storable
from lockbox.mail.payer_account import END, LEFT, SURE, WHOLE, apply_layouts, payer_accounts
from ocr.reading import Candidate, Field, Reading
from tests.builders.payers import KEY, ROUTING, line

LEFT_LINE = f"A{ROUTING}A 1234 987654321C"


def best(reading: Reading, field: Field) -> Candidate:
    candidate = reading.best(field)
    assert candidate is not None
    return candidate


def test_a_short_group_left_of_the_account_has_two_tokens() -> None:
    first, second = (storable(1, line(f"A{ROUTING}A {serial} 987654321C"), KEY) for serial in ("1234", "1235"))
    tokens = [{payer.layout: payer.token for payer in reading.payers} for reading in (first, second)]
    assert tokens[0].keys() == {LEFT, WHOLE}
    assert tokens[0][LEFT] == tokens[1][LEFT]  # without the serial number
    assert tokens[0][WHOLE] != tokens[1][WHOLE]
    assert first.account_token == tokens[0][LEFT]


def test_a_serial_at_the_end_of_the_account_has_two_tokens() -> None:
    first, second = (storable(1, line(f"A{ROUTING}A 987654321 {serial}C"), KEY) for serial in ("1234", "1235"))
    tokens = [{payer.layout: payer.token for payer in reading.payers} for reading in (first, second)]
    assert tokens[0].keys() == {END, WHOLE}
    assert tokens[0][END] == tokens[1][END]  # without the serial number
    assert tokens[0][WHOLE] != tokens[1][WHOLE]


def test_short_groups_at_both_ends_have_three_tokens_until_the_bank_is_known() -> None:
    reading = line(f"A{ROUTING}A 1234 98765 4321C")
    assert {payer.layout for payer in payer_accounts(reading, KEY)} == {LEFT, END, WHOLE}
    for layout, account in ((LEFT, "987654321"), (END, "123498765"), (WHOLE, "1234987654321")):
        known = apply_layouts(reading, {ROUTING: {layout: 40}})
        assert best(known, Field.BANK_ACCOUNT).value == account
        assert payer_accounts(known, KEY)[0].layout == layout


def test_a_serial_right_of_the_account_leaves_one_token() -> None:
    assert [payer.layout for payer in payer_accounts(line(f"A{ROUTING}A 987654321C 1234"), KEY)] == [SURE]
    assert payer_accounts(line("987654321C 1234"), KEY) == ()


def test_the_known_layout_of_a_bank_decides_account_and_serial_together() -> None:
    reading = line(LEFT_LINE)
    whole = apply_layouts(reading, {ROUTING: {WHOLE: 20}})
    assert best(whole, Field.BANK_ACCOUNT).value == "1234987654321"
    assert best(whole, Field.SERIAL).probability < 0.2
    left = apply_layouts(reading, {ROUTING: {LEFT: 20}})
    assert best(left, Field.BANK_ACCOUNT).probability > 0.9
    assert best(left, Field.SERIAL).probability > 0.9
    assert apply_layouts(reading, {"570000022": {WHOLE: 20}}) == reading  # another bank
