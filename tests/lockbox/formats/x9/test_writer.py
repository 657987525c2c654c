"""What is written reads back equal, and what does not fit is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lockbox.errors import InputError
from lockbox.formats.x9.file import read_x9
from lockbox.formats.x9.types import X9Addendum, X9Bundle, X9CashLetter, X9Image
from lockbox.formats.x9.writer import write_records, write_x9
from tests.builders.cash_letters import check, letter_of, routing, scan


@pytest.mark.parametrize("encoding", ["ebcdic", "ascii"])
def test_a_written_file_reads_back_equal(encoding: str) -> None:
    endorsed = X9Addendum("28", {"number": "01", "endorser_routing": routing("57123456"), "business_date": "20261116"})
    file = letter_of(check(1, addenda=(endorsed,)), check(2, 1), check(3, 9_999_999_999, aux_on_us="001234"))
    back = read_x9(write_x9(file, encoding), "deposit.x9")
    assert back.problems == ()
    assert back.encoding == encoding
    assert [known.addenda[0].fields["endorser_routing"] for known in back.checks[:1]] == [routing("57123456")]
    plain = replace(file.cash_letters[0].bundles[0].checks[0], addenda=back.checks[0].addenda)
    assert back.checks == (plain, *file.checks[1:])
    assert replace(back, cash_letters=()) == replace(file, cash_letters=())
    assert back.stated is not None
    assert (back.stated.items, back.stated.amount_cents) == (3, 10_000_041_250)


@given(
    st.lists(
        st.builds(
            lambda amount, account, serial, aux, images: (amount, f"{account}/{serial}", aux, images),
            st.integers(0, 9_999_999_999),
            st.integers(0, 10**11),
            st.integers(0, 999_999).map(lambda serial: str(serial) if serial else ""),
            st.integers(0, 10**14).map(lambda number: str(number) if number else ""),
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    ),
    st.integers(1, 3),
    st.sampled_from(["ebcdic", "ascii"]),
)
@settings(max_examples=40, deadline=None)
def test_any_deposit_reads_back_equal(items: list[tuple[int, str, str, bool]], per_bundle: int, encoding: str) -> None:
    checks = [
        check(number, amount, on_us=on_us, aux_on_us=aux, **({} if images else {"images": ()}))
        for number, (amount, on_us, aux, images) in enumerate(items, 1)
    ]
    file = letter_of(*checks, checks_per_bundle=per_bundle)
    data = write_x9(file, encoding)
    back = read_x9(data, "deposit.x9")
    assert back == file
    assert back.problems == ()
    assert write_records(back) == data
    assert back.amount_cents == sum(amount for amount, *_ in items)


def test_image_bytes_are_never_transcoded() -> None:
    signature = bytes(range(256))
    image = X9Image("front", scan(1), signature=signature, reference_key="KEY 7", analysis="111")
    ebcdic, ascii_ = (
        read_x9(write_x9(letter_of(check(1, images=(image,))), encoding), "x") for encoding in ("ebcdic", "ascii")
    )
    for file in (ebcdic, ascii_):
        front = file.checks[0].front
        assert front is not None
        assert replace(front, created_on=None, creator_routing="") == image
        assert file.source[front.offset : front.offset + len(front.data)] == scan(1)


def test_what_does_not_fit_is_refused_before_it_is_written() -> None:
    for file, field in (
        (letter_of(check(1, 10_000_000_000)), "amount"),
        (letter_of(check(1, on_us="1" * 21)), "on_us"),
        (letter_of(check(1, amount_cents=None)), "amount"),
    ):
        with pytest.raises(InputError) as caught:
            write_x9(file)
        assert caught.value.field == field
    with pytest.raises(InputError, match="no character"):
        write_x9(letter_of(check(1), origin_name="Łódź"))


def test_several_cash_letters_and_bundles_add_up() -> None:
    bundles = tuple(X9Bundle(str(n), str(n), date(2026, 11, 16), (check(n), check(n + 10))) for n in (1, 2))
    single = letter_of(check(1))
    letters = tuple(replace(single.cash_letters[0], id=str(n), bundles=bundles) for n in (1, 2))
    file = replace(single, cash_letters=letters)
    back = read_x9(write_x9(file), "deposit.x9")
    assert back == file
    assert back.problems == ()
    assert back.stated is not None
    assert (back.stated.items, back.stated.cash_letters) == (8, 2)
    assert isinstance(back.cash_letters[0], X9CashLetter)
