"""Where a replay of a contract and the slow model of it end differently."""

from __future__ import annotations

from fractions import Fraction

from lockbox.contract.history import History
from lockbox.contract.interest import DENOMINATOR
from tests.builders.contract import Case
from tests.oracles.slow_model import SlowModel


def differences(case: Case) -> list[str]:
    """Where the engine and the model end differently; empty if they agree to the fraction of a cent."""
    return compared(case.replay(), SlowModel(case, case.rules).run())


def compared(engine: History, slow: SlowModel) -> list[str]:
    """Where a replay and a model that was run end differently."""
    at = engine.position
    pairs = {
        "principal": (at.principal_cents, slow.principal),
        "interest": (at.interest_cents, slow.interest),
        "carry": (Fraction(at.carry, DENOMINATOR), slow.exact_interest - slow.posted_interest),
        "fees": (
            [(fee.key, fee.on, fee.open_cents) for fee in at.fees],
            [(fee.key, fee.on, fee.cents) for fee in slow.fees if fee.cents],
        ),
        "rent": (at.rent_cents, sum(bill.rent for bill in slow.bills)),
        "tax": (at.tax_cents, sum(bill.tax for bill in slow.bills)),
        "unapplied": (at.unapplied_cents, slow.unapplied),
        "refund": (at.refund_cents, slow.refund),
        "late fees": (list(at.late_fees), sorted(slow.charged)),
        "fee ahead": (at.fee_ahead_cents, slow.fee_ahead),
        "past due": (at.past_due_cents, slow.past_due),
        "days": (at.days_past_due, slow.days_past_due),
        "split": (_splits(engine), slow.by_event),
        "credits": (
            {credit.no: credit.amount_cents for credit in at.credits if credit.no > at.paid_through},
            {no: cents for no, cents in slow.paid.items() if no > at.paid_through},
        ),
    }
    return [
        f"{name}: {actual} instead of {expected}" for name, (actual, expected) in pairs.items() if actual != expected
    ]


def _splits(past: History) -> dict[str, dict[str, int]]:
    """Event -> bucket -> cents that its money paid."""
    splits: dict[str, dict[str, int]] = {}
    for posting in past.postings:
        if posting.kind not in ("payment", "application"):
            continue
        split = splits.setdefault(posting.key, {})
        for line in posting.lines:
            if line.account.startswith("receivable."):
                bucket = line.account.removeprefix("receivable.")
                split[bucket] = split.get(bucket, 0) - line.amount_cents
    return {key: split for key, split in splits.items() if split}
