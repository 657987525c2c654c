"""Whose bank account a check is drawn on: two meanings of a line, what banks are learnt to print, who paid what."""

from __future__ import annotations

from lockbox.mail.decision import Decision
from lockbox.mail.decision_basis import mark_of
from lockbox.mail.item_readings import kept
from lockbox.mail.payer_account import LEFT, SURE, WHOLE, meanings, settled
from ocr.reading import Field
from tests.builders.payers import KEY, ROUTING, line

LEFT_LINE = f"A{ROUTING}A 1234 987654321C"


def test_a_short_group_left_of_the_account_has_two_tokens() -> None:
    one, other = (kept(1, line(f"A{ROUTING}A {serial} 987654321C"), KEY) for serial in ("1234", "1235"))
    tokens = [{each.layout: each.token for each in read.payers} for read in (one, other)]
    assert tokens[0].keys() == {LEFT, WHOLE}
    assert tokens[0][LEFT] == tokens[1][LEFT]  # the serial is not in it
    assert tokens[0][WHOLE] != tokens[1][WHOLE]
    assert one.account_token == tokens[0][LEFT]


def test_a_serial_right_of_the_account_leaves_one_token() -> None:
    assert [one.layout for one in meanings(line(f"A{ROUTING}A 987654321C 1234"), KEY)] == [SURE]
    assert meanings(line("987654321C 1234"), KEY) == ()


def test_what_is_learnt_of_a_bank_settles_account_and_serial_together() -> None:
    read = line(LEFT_LINE)
    whole = settled(read, {ROUTING: {WHOLE: 20}})
    assert whole.best(Field.BANK_ACCOUNT).value == "1234987654321"  # type: ignore[union-attr]
    assert whole.best(Field.SERIAL).probability < 0.2  # type: ignore[union-attr]
    left = settled(read, {ROUTING: {LEFT: 20}})
    assert left.best(Field.BANK_ACCOUNT).probability > 0.9  # type: ignore[union-attr]
    assert left.best(Field.SERIAL).probability > 0.9  # type: ignore[union-attr]
    assert settled(read, {"570000022": {WHOLE: 20}}) == read


def test_the_mark_of_a_check_does_not_change_with_what_is_learnt() -> None:
    def mark(learnt: dict[str, dict[str, int]]) -> str | None:
        read = kept(1, line(LEFT_LINE), KEY, learnt)
        row = {"carried": None, "reading": read.reading_json, "account_token": read.account_token,
               "payers": {one.layout: one.token for one in read.payers}}  # fmt: skip
        return mark_of(Decision(1, "check", "post", amount_cents=41250), row)

    assert mark({}) is not None
    assert mark({}) == mark({ROUTING: {WHOLE: 50}})
