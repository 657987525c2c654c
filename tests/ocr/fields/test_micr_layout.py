"""The meaning of MICR characters by their place."""

from __future__ import annotations

import pytest

from ocr.fields.micr_layout import Layout, aba_valid, parse

ROUTING = "570000019"  # sound check digit, in a range that is never assigned


def test_the_sample_number_is_sound() -> None:
    assert aba_valid(ROUTING)
    assert not aba_valid("570000018")
    assert not aba_valid("000000000")


def _values(weighted: tuple[tuple[str, float], ...]) -> list[str]:
    return [value for value, _ in weighted]


@pytest.mark.parametrize(
    ("line", "account", "serial", "aux"),
    [
        (f"A{ROUTING}A 123456789C 0101", "123456789", "0101", ""),
        (f"A{ROUTING}A123456789C0101", "123456789", "0101", ""),
        (f"A{ROUTING}A     209 153 53C111 B0000010000B", "20915353", "111", ""),
        (f"A{ROUTING}A 0704D23451D304C 7788", "070423451304", "7788", ""),
        (f"C11223344C A{ROUTING}A 31086035C", "31086035", "11223344", "11223344"),
        (f"C001974CA{ROUTING}A001464159C65", "001464159", "001974", "001974"),
        (f"C002806C4A{ROUTING}A 95760409C", "95760409", "002806", "002806"),
        (f"A{ROUTING}A 123456789C", "123456789", None, ""),
    ],
)
def test_account_serial_and_aux(line: str, account: str, serial: str | None, aux: str) -> None:
    layout = parse(line)
    assert layout.routing == ROUTING
    assert _values(layout.accounts)[0] == account
    assert _values(layout.serials)[:1] == ([serial] if serial else [])
    assert layout.aux_on_us == aux


def test_short_group_left_of_the_account_has_two_meanings() -> None:
    layout = parse(f"A{ROUTING}A 1234 987654321C")
    assert dict(layout.serials).keys() == {"1234"}
    assert set(_values(layout.accounts)) == {"987654321", "1234987654321"}
    assert sum(weight for _, weight in layout.accounts) == pytest.approx(1)


def test_short_group_at_the_end_of_the_account_has_two_meanings() -> None:
    layout = parse(f"A{ROUTING}A 987654321 1234C")
    assert dict(layout.serials).keys() == {"1234"}
    assert _values(layout.accounts) == ["9876543211234", "987654321"]
    assert sum(weight for _, weight in layout.accounts) == pytest.approx(1)


def test_short_groups_at_both_ends_have_three_meanings() -> None:
    layout = parse(f"A{ROUTING}A 1234 98765 4321C")
    assert set(_values(layout.accounts)) == {"1234987654321", "987654321", "123498765"}
    assert dict(layout.serials).keys() == {"1234", "4321"}
    assert sum(weight for _, weight in layout.accounts) == pytest.approx(1)
    assert _values(parse(f"A{ROUTING}A 1234 98765 4321C 77").accounts) == ["1234987654321"]  # the serial is elsewhere


def test_epc_and_amount() -> None:
    layout = parse(f"C00012C 4A{ROUTING}A 123456789C   B0000012345B")
    assert layout.epc == "4"
    assert layout.amount_cents == 12345
    assert parse(f"A{ROUTING}A 12345678C").amount_cents is None


@pytest.mark.parametrize("line", [f"A{ROUTING} 12345678C 11", f"{ROUTING}A 12345678C 11"])
def test_one_lost_transit_symbol_is_made_up_for_by_the_check_digit(line: str) -> None:
    assert parse(line).routing == ROUTING


@pytest.mark.parametrize("line", ["A570000018A 12345678C 11", "A57000001A 12345678C 11", "A5700D0001A 12345678C 11"])
def test_unsound_routing_is_not_given_but_the_rest_is(line: str) -> None:
    layout = parse(line)
    assert layout.routing == ""
    assert _values(layout.accounts) == ["12345678"]
    assert _values(layout.serials) == ["11"]


@pytest.mark.parametrize("line", ["", "A", "C", "AA", "CCC", "B", "123", " A A C ", "DDDD", "B0000000000B"])
def test_scraps_mean_nothing(line: str) -> None:
    layout = parse(line)
    assert (layout.routing, layout.accounts, layout.serials) == ("", (), ())


def test_empty_line_is_the_empty_layout() -> None:
    assert parse("") == Layout()
