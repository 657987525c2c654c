"""The journals of a correction: their lines balance and say whose money they move."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from lockbox.contract.event import Waiver, WriteOff
from lockbox.contract.position import Credit
from lockbox.contract.terms import Method
from lockbox.servicing.adjustment import TRANSFER, adjustment
from lockbox.servicing.books import PostedFee
from lockbox.servicing.correction_journals import adjusting_journals, beside_the_ledger, event_journal
from tests.builders.contract import loan, paid
from tests.builders.records import record, replayed, with_books_of

DAY = date(2026, 3, 20)
CONTRACT = record(loan(), [paid(date(2026, 3, 1), 37_700, "p")], DAY)
HISTORY = replayed(CONTRACT)
IN_ORDER = adjustment(with_books_of(CONTRACT, HISTORY), HISTORY, 0)


def test_books_in_order_need_no_journal() -> None:
    assert adjusting_journals("late/1", DAY, CONTRACT, IN_ORDER) == []


def test_an_adjustment_is_one_journal_with_its_credits() -> None:
    change = replace(IN_ORDER, credits=(Credit(1, -500), Credit(2, 500)))
    (journal,) = adjusting_journals("late/1", DAY, CONTRACT, change)
    assert (journal["kind"], journal["key"], journal["effective_on"]) == ("adjustment", "late/1", DAY)
    assert [(line["account"], line["amount_cents"]) for line in journal["lines"]] == [
        (TRANSFER, 1_000),
        (TRANSFER, -1_000),
    ]
    assert [(credit["installment_no"], credit["amount_cents"]) for credit in journal["credits"]] == [
        (1, -500),
        (2, 500),
    ]


def test_the_loss_of_a_charge_off_names_its_contract_and_a_waiver_does_not() -> None:
    for event, kind, whose in (
        (WriteOff("charge_off/1", DAY), "charge_off", 1),
        (Waiver("waiver/1", DAY, 300), "waiver", None),
    ):
        moved = {f"expense.{kind}": 300, "receivable.fee": -300, "income.fee": 0}
        journal = event_journal(CONTRACT, event, kind, moved, {4: 300})
        assert journal["lines"] == [
            {"account": f"expense.{kind}", "amount_cents": 300, "contract_id": whose},
            {"account": "receivable.fee", "amount_cents": -300, "contract_id": 1},
        ]
        assert journal["credits"] == [{"contract_id": 1, "installment_no": 4, "amount_cents": 300, "credited_on": DAY}]


def test_what_is_kept_beside_the_ledger_is_that_of_the_replay() -> None:
    change = replace(IN_ORDER, fees_gone=(PostedFee(1, DAY, 1_885),))
    kept = beside_the_ledger("late/1", CONTRACT, change)
    assert (kept["carry"], kept["base_cents"], kept["period_cents"]) == (HISTORY.position.carry, 0, 0)
    assert kept["fees_gone"] == [{"no": 1, "on": DAY}]
    scheduled = replace(CONTRACT, terms=(replace(loan(), method=Method.SCHEDULED),))
    assert beside_the_ledger("late/1", scheduled, change)["base_cents"] == HISTORY.position.base_cents
