"""Reasons on the check itself against posting: dates, payee, signature, MICR line and back."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from lockbox import db
from lockbox.mail.evidence import ItemEvidence
from lockbox.mail.paper_reasons import is_unread_letter, paper_reasons, settles
from lockbox.mail.reason import Reason
from ocr.reading import Candidate, DocumentKind, Field, FieldReading
from tests.builders.evidence import POLICY, check, evidence

TODAY = date(2026, 11, 16)


def reasons(item: ItemEvidence) -> set[Reason]:
    return paper_reasons(item, POLICY, TODAY)


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ({"date": ("2026-05-15", 0.9)}, Reason.STALE),
        ({"date": ("2026-11-17", 0.9)}, Reason.POST_DATED),
        ({"signature": ("absent", 0.9)}, Reason.UNSIGNED),
        ({"payee": ("Internal Revenue Service", 0.9)}, Reason.WRONG_PAYEE),
        ({"payee": ("Internal Revenue Service", 0.3)}, Reason.WRONG_PAYEE),
        ({"routing": ("571234568", 0.5)}, Reason.MICR_UNREAD),
        ({"micr_line": ("A571234568A123456789C1042", 0.5)}, Reason.MICR_UNREAD),
    ],
)
def test_reasons_against_posting(read: dict[str, tuple[str, float]], reason: Reason) -> None:
    assert reasons(check(**read)) == {reason}


@pytest.mark.parametrize(
    "read",
    [
        {},
        {"date": ("2026-05-16", 0.9)},  # six months to the day
        {"date": ("2025-01-15", 0.9), "check_kind": ("cashiers", 0.9)},
        {"signature": ("absent", 0.9), "check_kind": ("bill_pay", 0.9)},
        {"payee": ("MERIDIAN MOTOR CREDIT CO", 0.9)},
        {"payee": ("Merldian Motar Credlt", 0.2)},  # read badly, but still ours
        {"date": ("2026-11-12", 0.3)},
    ],
)
def test_papers_without_a_reason(read: dict[str, tuple[str, float]]) -> None:
    assert reasons(check(**read)) == set()


def test_undated_checks_are_fine() -> None:
    assert reasons(check(date=None)) == set()


def test_a_missing_back_is_a_reason() -> None:
    assert reasons(replace(check(), back_missing=True)) == {Reason.BACK_MISSING}


def dated(**read: float) -> set[Reason]:
    candidates = tuple(Candidate(value.lstrip("d").replace("_", "-"), p, "test") for value, p in read.items())
    item = check()
    assert item.reading
    fields = {**item.reading.fields, Field.DATE: FieldReading(Field.DATE, candidates)}
    return reasons(replace(item, reading=replace(item.reading, fields=fields)))


def test_a_doubtful_date_is_weighed_by_how_common_its_age_is() -> None:
    assert dated(d2026_01_12=0.7, d2026_11_12=0.2) == set()
    assert dated(d2026_01_12=0.9) == {Reason.STALE}
    assert dated(d2026_11_30=0.4, d2026_01_30=0.3) == {Reason.POST_DATED, Reason.STALE}
    assert dated(d2026_11_13=0.5, d2026_11_18=0.4) == set()
    assert dated(d2076_11_10=0.9, d2026_11_10=0.05) == set()  # nobody dates a check fifty years ahead
    assert dated(d2076_11_10=0.98) == {Reason.POST_DATED}
    assert dated(d2020_11_15=0.5) == set()  # a 6 whose loop was lost
    assert dated(d2026_12_04=0.05) == {Reason.POST_DATED}  # hardly read, but nothing else was


@pytest.mark.parametrize("ahead", ["d2026_11_30", "d2076_11_10"])
def test_no_future_date_is_accepted_that_the_daily_check_would_report(ahead: str) -> None:
    """`queries/close_checks` uses dates of this certainty: what it reports must have gone to review before."""
    sure = re.search(r">= ([0-9.]+)", db.query("queries/close_checks").text)
    assert sure
    assert dated(**{ahead: float(sure[1]), "d2026_11_10": 1 - float(sure[1])}) == {Reason.POST_DATED}


def test_a_check_of_a_file_goes_to_review_only_for_a_clearly_different_payee() -> None:
    carried = replace(check(payee=("Sunrise Property Mgmt", 0.95)), carried_cents=41250)
    assert Reason.WRONG_PAYEE in reasons(carried)
    unclear = replace(carried, reading=check(payee=("Sunnse Prop", 0.2)).reading)
    assert Reason.WRONG_PAYEE not in reasons(unclear)


def test_a_letter_settles_by_a_hint_and_counts_as_unread_below_a_quarter() -> None:
    hint, nothing = (evidence(2, DocumentKind.LETTER, {Field.PHRASE: ("payment in full", p)}) for p in (0.2, 0.19))
    assert (settles(hint, POLICY), settles(nothing, POLICY)) == (True, False)
    on_checks = [check(phrase=("payment in full", p)) for p in (0.3, 0.29)]  # a letter is likelier to say it
    assert [settles(item, POLICY) for item in on_checks] == [True, False]
    letters = [evidence(2, DocumentKind.LETTER, {Field.TEXT: ("I have moved.", p)}) for p in (0.2, 0.25)]
    assert [is_unread_letter(letter) for letter in letters] == [True, False]
    assert not is_unread_letter(check())
