"""The tie-out: equal totals tie, and every difference is named with its place and its size."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockbox.mail.difference import Difference
from lockbox.scopes import BatchScope, SiteDayScope
from reconciliation.carried_work import CarriedWork, Waiting
from reconciliation.tally import Tally
from reconciliation.totals import BatchTotals, LedgerDay, batch_ties, tie_out, total

DAY = date(2026, 11, 16)
NOTHING = Tally()
BATCH = BatchTotals(
    scope=BatchScope("dallas", date(2026, 11, 16), "D001"),
    announced_envelopes=6,
    announced_documents=9,
    declared_envelopes=6,
    declared_documents=9,
    declared_images=18,
    declared_cents=None,
    envelopes=6,
    documents=9,
    images=18,
    set_aside_files=0,
    carried=NOTHING,
    captured=Tally(6, 600),
    posted=Tally(3, 300),
    suspense=Tally(1, 100),
    review=Tally(1, 120),
    review_unread=0,
    held=NOTHING,
    sent_on=NOTHING,
    rejected=Tally(1, 80),
    support=2,
    papers=1,
    accepted=Tally(4, 400),
    journals=Tally(4, 400),
    straight_through=3,
)
OPEN = LedgerDay(
    posted=Tally(4, 400),
    earlier=NOTHING,
    deposited=NOTHING,
    taken_back=NOTHING,
    clearing_left_cents=400,
    deposit=None,
    deposit_items=NOTHING,
    bank_cents=0,
)
WORK = CarriedWork(
    stored=Waiting(Tally(2, 70), Tally(1, 40), papers=1),
    brought=Waiting(Tally(2, 70), Tally(1, 40), papers=1),
    carried=Waiting(Tally(3, 190), Tally(1, 40), papers=2),
    carried_unread=0,
    captured=Tally(6, 600),
    items_corrected=0,
    corrected_cents=0,
    corrected_captured_cents=0,
    reclassified=NOTHING,
    reclassified_captured=NOTHING,
    reopened=NOTHING,
    from_vault=NOTHING,
    to_vault=NOTHING,
    accepted_earlier=NOTHING,
    rejected=Tally(1, 80),
    forwarded=NOTHING,
    filed=NOTHING,
    papers_captured=3,
    papers_done=2,
)
ROLL = "brought forward, captured, corrected, reclassified"
DEPOSITED = replace(OPEN, clearing_left_cents=0, deposit=Tally(4, 400), deposit_items=Tally(4, 400), bank_cents=400)


@pytest.mark.parametrize("ledger", [OPEN, DEPOSITED])
def test_a_day_in_balance(ledger: LedgerDay) -> None:
    assert tie_out("dallas", DAY, [BATCH], ledger, WORK).balanced


@pytest.mark.parametrize(
    ("change", "left_name"),
    [
        ({"declared_documents": 10}, "declared documents"),
        ({"announced_documents": 8}, "announced documents"),
        ({"declared_envelopes": 7}, "declared envelopes"),
        ({"announced_envelopes": 7}, "announced envelopes"),
        ({"declared_images": 17}, "declared images"),
        ({"declared_cents": 599, "carried": Tally(6, 600)}, "control total"),
        ({"support": 3}, "captured documents"),
        ({"captured": Tally(6, 601)}, "captured checks"),
        ({"posted": Tally(3, 299)}, "captured checks"),
        ({"review": Tally(0, 0)}, "captured checks"),
        ({"accepted": Tally(4, 401)}, "accepted by decision"),
        ({"journals": Tally(5, 400)}, "accepted by decision"),
    ],
)
def test_a_batch_that_differs_is_named(change: dict[str, Any], left_name: str) -> None:
    differences = [tie for tie in batch_ties(replace(BATCH, **change)) if not tie.is_equal]
    assert left_name in [tie.left_name for tie in differences]
    assert all(tie.scope == BATCH.scope for tie in differences)


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"posted": Tally(4, 399)}, ("accepted checks", "posted in the ledger")),
        ({"posted": Tally(5, 400)}, ("accepted checks", "posted in the ledger")),
        ({"deposit": Tally(4, 401)}, ("deposit", "accepted checks")),
        ({"deposit_items": Tally(3, 400)}, ("deposit", "its items in the ledger")),
        ({"bank_cents": 401}, ("deposit", "sent to the bank in the ledger")),
        ({"clearing_left_cents": -1}, ("clearing after the deposit", "nothing")),
    ],
)
def test_a_deposit_that_differs_is_named(change: dict[str, Any], names: tuple[str, str]) -> None:
    differences = tie_out("dallas", DAY, [BATCH], replace(DEPOSITED, **change), WORK).differences
    assert names in [(tie.left_name, tie.right_name) for tie in differences]
    assert all(tie.scope == SiteDayScope("dallas", date(2026, 11, 16)) for tie in differences)


def test_a_difference_says_how_much_in_count_and_cents() -> None:
    differences = tie_out("dallas", DAY, [BATCH], replace(OPEN, posted=Tally(3, 123_456)), WORK).differences
    assert str(differences[-1]) == (
        "dallas/2026-11-16: accepted checks 4 / $4.00, posted in the ledger 3 / $1,234.56, difference 1 / ($1,230.56)"
    )


def test_equal_and_opposite_errors_in_two_batches_do_not_hide_each_other() -> None:
    high, low = replace(BATCH, posted=Tally(3, 301)), replace(BATCH, posted=Tally(3, 299))
    ledger, work = replace(OPEN, posted=Tally(8, 800)), replace(WORK, captured=Tally(12, 1_200))
    differences = tie_out("dallas", DAY, [high, low], ledger, work).differences
    assert [tie.scope for tie in differences][:2] == [BATCH.scope, BATCH.scope]


def missing(declared: int, counted: int, kind: str = "documents", number: int | None = 1) -> Difference:
    """What the batch misses, on record under a number."""
    return Difference(BatchScope("dallas", DAY, "D001"), kind, declared, counted, "4 missing", difference_id=number)


def test_what_is_missing_ties_only_once_it_is_on_record_by_name() -> None:
    lost = replace(BATCH, declared_documents=11, announced_documents=11)
    assert not tie_out("dallas", DAY, [lost], OPEN, WORK).balanced
    unnamed = replace(lost, differences=(missing(11, 9, number=None),))
    assert not tie_out("dallas", DAY, [unnamed], OPEN, WORK).balanced
    named = replace(lost, differences=(missing(11, 9),))
    assert tie_out("dallas", DAY, [named], OPEN, WORK).balanced
    assert named.missing_documents == 2
    assert "captured documents, and missing by name 11" in str(batch_ties(named)[0])


def test_a_name_covers_its_own_numbers_alone() -> None:
    """A difference on record switches no comparison off: not that of another count, nor of the ledger."""
    named = replace(BATCH, declared_documents=11, announced_documents=11, differences=(missing(11, 9),))
    for change in ({"announced_documents": 12}, {"declared_envelopes": 7}, {"documents": 8}, {"posted": Tally(2, 200)}):
        changed: dict[str, Any] = change
        assert not tie_out("dallas", DAY, [replace(named, **changed)], OPEN, WORK).balanced


def test_a_batch_and_its_manifest_may_miss_different_numbers() -> None:
    """The batch declares 9 and has 9; the manifest announced 12."""
    batch = replace(BATCH, announced_documents=12, differences=(missing(12, 9),))
    assert tie_out("dallas", DAY, [batch], OPEN, WORK).balanced
    assert (batch.expected_documents, batch.documents, batch.missing_documents) == (12, 9, 3)


def test_cents_that_are_missing_tie_by_name() -> None:
    batch = replace(BATCH, declared_cents=650, carried=Tally(6, 600))
    assert [tie.left_name for tie in batch_ties(batch) if not tie.is_equal] == ["control total"]
    named = replace(batch, differences=(missing(650, 600, "cents"),))
    assert tie_out("dallas", DAY, [named], OPEN, WORK).balanced


def test_an_announced_batch_that_never_came_does_not_tie() -> None:
    counts = ("documents", "envelopes", "images", "support", "papers", "straight_through")
    tallies = ("captured", "posted", "suspense", "review", "rejected", "accepted", "journals")
    nothing: dict[str, Any] = dict.fromkeys(counts, 0) | dict.fromkeys(tallies, NOTHING)
    silent: dict[str, Any] = dict.fromkeys(("declared_documents", "declared_envelopes", "declared_images"))
    absent = replace(BATCH, **silent, **nothing)
    differences = [tie for tie in batch_ties(absent) if not tie.is_equal]
    assert [(tie.left_name, tie.left.count, tie.right.count) for tie in differences] == [
        ("announced documents", 9, 0),
        ("announced envelopes", 6, 0),
    ]


def test_what_nobody_declared_is_not_compared() -> None:
    names = ("announced_documents", "declared_documents", "declared_envelopes", "declared_images")
    silent: dict[str, Any] = dict.fromkeys(names)
    assert all(tie.is_equal for tie in batch_ties(replace(BATCH, **silent)))


def test_what_people_decided_of_earlier_mail_is_in_the_days_deposit() -> None:
    ledger = replace(DEPOSITED, posted=Tally(6, 470), earlier=Tally(2, 70), deposit=Tally(6, 470), bank_cents=470)
    ledger = replace(ledger, deposit_items=Tally(6, 470))
    work = replace(WORK, accepted_earlier=Tally(2, 70), carried=Waiting(Tally(1, 120), Tally(1, 40), papers=2))
    assert tie_out("dallas", DAY, [BATCH], ledger, work).balanced


@pytest.mark.parametrize(
    ("change", "left_name"),
    [
        ({"stored": Waiting(Tally(3, 70), Tally(1, 40), papers=1)}, "brought forward by the close before"),
        ({"brought": Waiting(Tally(2, 71), Tally(1, 40), papers=1)}, "brought forward by the close before"),
        ({"brought": Waiting(Tally(2, 70), Tally(0, 0), papers=1)}, "vault by the close before"),
        ({"brought": Waiting(Tally(2, 70), Tally(1, 40), papers=2)}, "papers by the close before"),
        (
            {"carried": Waiting(Tally(2, 190), Tally(1, 40), papers=2)},
            ROLL,
        ),
        ({"corrected_cents": 1}, ROLL),
        ({"to_vault": Tally(1, 5)}, "vault brought forward, in and out"),
        ({"papers_done": 3}, "papers brought forward and captured"),
        ({"corrected_captured_cents": 1}, "checks as first decided, corrected, reclassified"),
        ({"reopened": Tally(1, 5)}, "taken back by decision"),
        ({"accepted_earlier": Tally(1, 5)}, "accepted of earlier days"),
    ],
)
def test_work_that_is_lost_between_two_days_is_named(change: dict[str, Any], left_name: str) -> None:
    differences = tie_out("dallas", DAY, [BATCH], OPEN, replace(WORK, **change)).differences
    assert left_name in [tie.left_name for tie in differences]


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 10**12)), max_size=5))
def test_a_total_is_the_sum_of_its_batches(parts: list[tuple[int, int]]) -> None:
    batches = [replace(BATCH, posted=Tally(*part), straight_through=part[0]) for part in parts]
    totals = total(batches, SiteDayScope("dallas", DAY))
    assert totals.posted == Tally(sum(count for count, _ in parts), sum(cents for _, cents in parts))
    assert totals.straight_through == sum(count for count, _ in parts)
    assert totals.declared_documents == (9 * len(parts) if parts else None)
    assert totals.declared_cents is None
