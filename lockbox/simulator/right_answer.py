"""What a right clerk decides about one document, from the truth of a simulated day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.contract.terms import Excess
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.simulator.truth import TrueItem, TrueLine
from ocr.reading import PRINCIPAL_ONLY, DocumentKind

RETURNED = frozenset({Reason.WRONG_PAYEE, Reason.UNSIGNED, Reason.STALE, Reason.PAID_IN_FULL})


@dataclass(frozen=True, slots=True)
class RightAnswer:
    """What becomes of a document. Without lines, money that is kept belongs to nobody known."""

    outcome: Outcome
    kind: DocumentKind
    amount_cents: int | None = None
    lines: tuple[TrueLine, ...] = ()
    excess: Excess | None = None  # what the payer asked to do with the rest
    hold_until: date | None = None
    reasons: tuple[Reason, ...] = ()  # why it is returned


def right_answer(item: TrueItem, today: date) -> RightAnswer:
    """What a right clerk decides about a document on a day."""
    kind = DocumentKind(item.kind)
    if kind is not DocumentKind.CHECK or Reason.DUPLICATE in item.reasons:  # a check that was scanned twice is one
        return RightAnswer(Outcome.FILE, kind)
    returned = tuple(Reason(reason) for reason in item.reasons if reason in RETURNED)
    if returned:
        return RightAnswer(Outcome.REJECT, kind, item.amount_cents, reasons=returned)
    dated_on = date.fromisoformat(item.dated_on) if item.dated_on else None
    if dated_on and dated_on > today:
        return RightAnswer(Outcome.HOLD, kind, item.amount_cents, hold_until=dated_on)
    outcome = Outcome.SUSPENSE if item.outcome == "suspense" or not item.lines else Outcome.POST
    excess = Excess.PRINCIPAL if item.instruction == PRINCIPAL_ONLY and outcome is Outcome.POST else None
    return RightAnswer(outcome, kind, item.amount_cents, item.lines, excess)
