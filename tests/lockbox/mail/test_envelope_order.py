"""Envelopes are scanned one after the other: documents that the index has elsewhere wait, with those beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockbox.mail.envelope_order import hash_total, out_of_order


def ranges(*envelopes: int) -> list[tuple[int, int]]:
    """The sequences that wait, of documents 1, 2, ... in these envelopes."""
    return [(each.first_sequence, each.last_sequence) for each in out_of_order(enumerate(envelopes, 1))]


@pytest.mark.parametrize(
    ("envelopes", "waiting"),
    [
        ((), []),
        ((1, 1, 2, 3, 3), []),
        ((2, 2, 5, 9), []),  # numbers that nobody uses
        ((1, 1, 2, 1, 3, 4), [(1, 5)]),  # a document of the first between those of the second and the third
        (
            (1, 1, 4, 2, 3, 4),
            [(1, 4), (6, 6)],
        ),  # the third was of the second: it and its neighbors, and all of the fourth
        ((1, 9, 2, 3, 3), [(1, 3)]),
        ((7, 1, 2, 2, 3), [(1, 2)]),
        ((3, 3, 1, 1, 4, 5), [(1, 5)]),  # not the order of scanning
        ((1, 1, 2, 2, 3, 2), [(3, 6)]),
    ],
)
def test_documents_out_of_order_wait_with_those_beside_them(
    envelopes: tuple[int, ...], waiting: list[tuple[int, int]]
) -> None:
    assert ranges(*envelopes) == waiting


def test_the_message_names_the_documents_that_are_out_of_order() -> None:
    [control] = out_of_order([(1, 1), (2, 1), (7, 3), (9, 2), (12, 3)])
    assert control.record == "sequences 1 to 12"
    assert control.reason == (
        "the order of the envelopes in the index does not hold (sequence 7 in envelope 3, sequence 9 in envelope 2): "
        "sequences 1 to 12"
    )


@given(st.lists(st.integers(1, 4), min_size=1, max_size=30), st.data())
def test_a_document_in_another_envelope_is_found_unless_it_only_crosses_to_the_one_beside_it(
    sizes: list[int], data: st.DataObject
) -> None:
    envelopes = [number for number, size in enumerate(sizes, 1) for _ in range(size)]
    place = data.draw(st.integers(0, len(envelopes) - 1))
    other = data.draw(st.integers(1, len(sizes) + 2).filter(lambda number: number != envelopes[place]))
    moved = [*envelopes[:place], other, *envelopes[place + 1 :]]
    numbers, waiting = list(enumerate(moved, 1)), ranges(*moved)
    if moved != sorted(moved):
        doubtful = {*(n for n, was in enumerate(envelopes, 1) if was == envelopes[place]), place + 1}
        doubtful |= {n for n, envelope in numbers if envelope == other}
        assert all(any(first <= number <= last for first, last in waiting) for number in doubtful)
    else:
        assert waiting == []
    assert hash_total(numbers) != hash_total(enumerate(envelopes, 1))


@given(st.lists(st.integers(1, 6), max_size=40))
def test_what_waits_is_whole_envelopes_and_none_where_the_order_holds(envelopes: list[int]) -> None:
    waiting = {number for first, last in ranges(*envelopes) for number in range(first, last + 1)}
    assert bool(waiting) == (envelopes != sorted(envelopes))
    doubtful = {envelopes[number - 1] for number in waiting}
    assert waiting == {number for number, envelope in enumerate(envelopes, 1) if envelope in doubtful}
