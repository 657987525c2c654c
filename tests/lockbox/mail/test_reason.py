"""Reasons: every code has a label that operators can tell from the others."""

from __future__ import annotations

from lockbox.mail.reason import ABOUT, NOTES, Queue, Reason
from lockbox.servicing import actions


def test_every_reason_has_a_label_of_its_own() -> None:
    assert ABOUT.keys() == set(Reason)
    labels = [info.label for info in ABOUT.values()]
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 30  # the charts of the day's report have room for no more


def test_codes_are_what_the_database_holds() -> None:
    assert Reason("account_unknown") is Reason.ACCOUNT_UNKNOWN
    assert {f"flag_{flag}" for flag in actions.FLAGS} <= set(Reason)


def test_a_note_is_never_for_specialists_and_a_settlement_goes_to_disputes() -> None:
    assert {ABOUT[note].queue for note in NOTES} == {Queue.PAYMENTS}
    assert ABOUT[Reason.PAID_IN_FULL].queue is Queue.DISPUTES
    assert ABOUT[Reason.FLAG_BANKRUPTCY].queue is Queue.SPECIALISTS
