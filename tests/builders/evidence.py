"""Builders of evidence: a check that posts by itself, except for what the test changes."""

from __future__ import annotations

from datetime import time

from lockbox.business_days import SiteHours
from lockbox.lender.policy import Policy
from lockbox.mail.contract_match import ContractView
from lockbox.mail.evidence import ItemEvidence
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading

POLICY = Policy(
    site_id="dallas",
    overnight=False,
    hours=SiteHours("America/Chicago", time(17), (1, 2, 3, 4, 5), "XFED"),
    payees=("Meridian Motor Credit", "Meridian Motor Leasing"),
    payee_products={"Meridian Motor Credit": "loan", "Meridian Motor Leasing": "lease"},
    box_products={"650805": ("loan",), "660891": ("lease",)},
    max_misread_ppm=1000,
    exception_cents=558,
    misread_cents=50_000,
    min_micr_ppm=900_000,
    min_payee_percent=72,
    phrase_ppm=300_000,
    letter_phrase_ppm=200_000,
    bad_date_ppm=100_000,
    amounts_differ_ppm=10_000,
    instruction_ppm=200_000,
    min_instruction_ppm=700_000,
    max_amount_cents=10_000_000,
    underpaid_tolerance_cents=500,
    accept_partial=True,
    over_tolerance_cents=0,
    stale_months=6,
    route_account_unknown="unidentified",
    route_flagged="unapplied",
    open_differences_after={"*": "01:00"},
    intake_days_ahead=7,
    intake_days_behind=60,
    receipt_days_after=1,
    receipt_days_before=60,
    clock_minutes=15,
    untaken_minutes=60,
    envelopes_in_order={"*": True},
    accept_test_files={"*": False},
    incomplete_minutes=30,
)
LOAN = ContractView(
    1,
    "1000000161",
    "loan",
    "Maria Lopez",
    payers=frozenset({"known"}),
    installment_cents=41250,
    current_due_cents=41250,
    balance_cents=900_000,
)
OTHER = ContractView(
    2, "1000000258", "loan", "John Smith", installment_cents=30000, current_due_cents=30000, balance_cents=300_000
)
CHECK = {
    Field.COURTESY_AMOUNT: ("41250", 0.97),
    Field.LEGAL_AMOUNT: ("41250", 0.9),
    Field.ACCOUNT_NUMBER: (LOAN.account_number, 0.9),
    Field.ROUTING: ("571234568", 0.99),
    Field.MICR_LINE: ("A571234568A123456789C1042", 0.99),
    Field.BANK_ACCOUNT: ("123456789", 0.99),
    Field.SIGNATURE: ("present", 0.95),
    Field.PAYEE: ("Meridian Motor Credit", 0.9),
    Field.DATE: ("2026-11-12", 0.9),
    Field.CHECK_KIND: ("personal", 0.9),
}


def check(item_id: int = 1, /, **read: tuple[str, float] | None) -> ItemEvidence:
    """A check that posts by itself, except for the fields given: value and probability, or None where unread."""
    values = {**CHECK, **{Field(name): value for name, value in read.items()}}
    return evidence(item_id, DocumentKind.CHECK, {name: value for name, value in values.items() if value})


def evidence(item_id: int, kind: DocumentKind, values: dict[Field, tuple[str, float]]) -> ItemEvidence:
    """A document with one candidate for each field."""
    fields = {
        name: FieldReading(name, (Candidate(value, probability, "test"),))
        for name, (value, probability) in values.items()
    }
    return ItemEvidence(item_id, item_id, Reading(kind, 0.99, fields), account_tokens=frozenset({"unseen"}))
