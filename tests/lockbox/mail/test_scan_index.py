"""The index of a scan folder: rows with their own numbers where those can be used."""

from __future__ import annotations

import pytest

from lockbox.errors import InputError
from lockbox.mail.delivery import IntakeLimits, SetAside
from lockbox.mail.scan_index import distinct, positive, read_rows

HEADER = "sequence,envelope,front,back\n"


def test_a_row_whose_numbers_cannot_be_used_gets_those_after_all_others() -> None:
    rows = distinct(read_rows(HEADER + "4,2,a,b\nx,0,c,d\n4,3,e,f\n", IntakeLimits()), [])
    assert [(row.sequence, row.envelope_no) for row in rows] == [(4, 2), (5, 4), (6, 3)]
    assert [[field for field, _ in row.faults] for row in rows] == [[], ["sequence", "envelope"], ["sequence"]]


def test_a_row_that_repeats_another_is_set_aside() -> None:
    faults: list[SetAside] = []
    assert len(distinct(read_rows(HEADER + "1,1,a,b\n1,1,a,b\n", IntakeLimits()), faults)) == 1
    assert [(fault.record, fault.reason) for fault in faults] == [("row 3", "repeats row 2 in every cell; ignored")]


def test_more_rows_than_a_batch_has_are_refused() -> None:
    with pytest.raises(InputError, match="more than 2 rows"):
        read_rows(HEADER + "1,1,a,b\n" * 3, IntakeLimits(max_documents=2))


@pytest.mark.parametrize(
    ("cell", "number"),
    [("1", 1), ("0012", 12), ("0", None), ("-1", None), ("1.0", None), ("٣", None), ("9" * 10, None)],
)
def test_a_number_is_of_plain_digits(cell: str, number: int | None) -> None:
    assert positive(cell) == number
