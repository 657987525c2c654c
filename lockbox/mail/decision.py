"""Post or review: one decision for every item of an envelope, with all reasons and the ranked candidates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from math import prod
from typing import Any, Literal

from lockbox.contract.terms import Excess
from lockbox.lender.policy import Policy
from lockbox.mail.amount_match import Amounts, weigh
from lockbox.mail.contract_match import ContractView, Matching, PayerReading, match
from lockbox.mail.evidence import CLEAR, ItemEvidence
from lockbox.mail.instruction import Asked, asked_beside, instructed
from lockbox.mail.paper_reasons import is_unread_letter, paper_reasons, settles, topics
from lockbox.mail.reason import NOTES, Reason
from ocr.reading import Candidate, DocumentKind, Field

LIKELY = 0.5  # a less likely amount is not recorded, only listed among the candidates


@dataclass(frozen=True, slots=True)
class Coupon:
    """What a coupon asks for, and how surely its account number was read."""

    amount_due_cents: int
    probability: float


class Outcome(StrEnum):
    """What becomes of an item."""

    POST = "post"
    SUSPENSE = "suspense"  # deposited, but unidentified or unapplied: see `Decision.suspense_kind`
    REVIEW = "review"  # a person decides
    HOLD = "hold"  # a post-dated check, in the vault until its date
    REJECT = "reject"  # returned to whoever sent it
    FORWARD = "forward"  # sent on to whom it was meant for
    FILE = "file"  # no payment, nothing more to do
    SUPPORT = "support"  # not a payment: it belongs to a check of its envelope


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """The part of a check that goes to one contract."""

    contract_id: int
    account_number: str
    amount_cents: int
    excess: Excess | None = None  # what the payer asked for, if it is followed


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision on one item; a row of the table of the same name."""

    item_id: int
    kind: DocumentKind
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()
    amount_cents: int | None = None
    suspense_kind: str | None = None
    misread_ppm: int = 0
    lines: tuple[DecisionLine, ...] = ()
    ranked: Mapping[str, Sequence[Mapping[str, Any]]] | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """What applies to the whole envelope."""

    policy: Policy
    box: str
    effective_date: date
    contracts: Mapping[str, ContractView]  # by account number: all that its readings could lead to
    master_size: int


def decide(items: Sequence[ItemEvidence], setting: Setting) -> tuple[Decision, ...]:
    """One decision for each item of one envelope.

    A check posts by itself if the chance of a misread (wrong contract or wrong amount) is within the policy's limit and
    there is no reason against it (RULES: what may not post by itself). Otherwise it is deposited to suspense or sent to
    review, with its candidates.
    """
    checks = [item for item in items if item.kind is DocumentKind.CHECK]
    coupons = _coupons(items)
    envelope_reasons = [Reason.PAID_IN_FULL] if any(settles(item, setting.policy) for item in items) else []
    if any(item.is_lost or is_unread_letter(item) for item in items):  # nobody knows what it said
        envelope_reasons.append(Reason.ENVELOPE_INCOMPLETE)
    asked = asked_beside(items)
    decisions = [
        _decide_check(check, _own_coupons(coupons, checks, check), setting, envelope_reasons, asked) for check in checks
    ]
    posted = any(decision.outcome in (Outcome.POST, Outcome.SUSPENSE) for decision in decisions)
    decisions += [
        _decide_paper(item, bool(checks), posted, setting.policy)
        for item in items
        if item.kind is not DocumentKind.CHECK
    ]
    held = {item.item_id for item in items if item.is_held}
    # Whole envelopes wait for a control that does not hold, coupons and letters too: all of it is decided again.
    decisions = [
        _send_to_review(decision, Reason.CONTROL_DIFFERS) if decision.item_id in held else decision
        for decision in decisions
    ]
    return tuple(sorted(decisions, key=lambda decision: decision.item_id))


def send_to_review_as_duplicate(decision: Decision) -> Decision:
    """A check seen before: a person looks at it, it is never rejected automatically (bank practice)."""
    return _send_to_review(decision, Reason.DUPLICATE)


def _send_to_review(decision: Decision, reason: Reason) -> Decision:
    reasons = tuple(sorted({*decision.reasons, reason}))
    return replace(decision, outcome=Outcome.REVIEW, suspense_kind=None, lines=(), reasons=reasons)


def _decide_check(
    check: ItemEvidence,
    coupons: Mapping[str, Coupon],
    setting: Setting,
    envelope_reasons: Sequence[Reason],
    asked: Asked,
) -> Decision:
    if check.unusable:
        return Decision(check.item_id, check.kind, Outcome.REVIEW, (Reason.IMAGE_UNUSABLE,))
    matching = _match(check, coupons, setting)
    amounts = _amounts(check, coupons, matching, setting)
    reasons = {
        *envelope_reasons,
        *paper_reasons(check, setting.policy, setting.effective_date),
        *_amount_reasons(check, amounts, setting.policy),
    }
    lines, split_reasons, chance = _split(check, coupons, matching, amounts, setting)
    accounts = [line.account_number for line in lines]
    followed, instruction_reasons = instructed(accounts, check, asked, setting.policy, setting.contracts)
    lines = tuple(replace(line, excess=followed.get(line.account_number)) for line in lines)
    reasons.update(split_reasons, instruction_reasons)
    misread_ppm = min(1_000_000, max(0, round((1 - chance * amounts.right) * 1_000_000)))
    return _route(check, setting.policy, reasons, lines, matching, amounts, misread_ppm)


def _route(
    check: ItemEvidence,
    policy: Policy,
    reasons: set[Reason],
    lines: tuple[DecisionLine, ...],
    matching: Matching,
    amounts: Amounts,
    misread_ppm: int,
) -> Decision:
    """Post, suspense or review, from the reasons and the chance of being wrong."""
    limit_ppm = policy.misread_limit_ppm(check.clear(Field.CHECK_KIND))
    amount_sure = amounts.best is not None and (1 - amounts.best.probability) * 1e6 <= limit_ppm
    if amounts.best is not None and not amount_sure:
        reasons.add(Reason.AMOUNT_DOUBTFUL)
    if lines and misread_ppm > limit_ppm and Reason.AMOUNT_DOUBTFUL not in reasons:
        reasons.add(Reason.ACCOUNT_DOUBTFUL)
    outcome, suspense_kind = _outcome(reasons, bool(lines), amount_sure, policy)
    return Decision(
        item_id=check.item_id,
        kind=check.kind,
        outcome=outcome,
        reasons=tuple(sorted(reasons)),
        amount_cents=amounts.best.cents if amounts.best and amounts.best.probability >= LIKELY else None,
        suspense_kind=suspense_kind,
        misread_ppm=misread_ppm,
        lines=lines if outcome is Outcome.POST or suspense_kind == "unapplied" else (),
        ranked=_ranked(matching, amounts),
    )


def _outcome(
    reasons: set[Reason], has_lines: bool, amount_sure: bool, policy: Policy
) -> tuple[Outcome, Literal["unapplied", "unidentified"] | None]:
    """What the reasons that stop posting lead to, and the kind of suspense."""
    accepted = {Reason.UNDERPAID: policy.accept_partial, Reason.PAYOFF_SHORT: policy.payoff_short == "post"}
    stops = reasons - {note for note in NOTES if accepted.get(note, True)}
    flags = {reason for reason in stops if reason.startswith("flag_")}
    if not stops and has_lines:
        return Outcome.POST, None
    if flags and stops == flags and has_lines and amount_sure and policy.route_flagged == "unapplied":
        return Outcome.SUSPENSE, "unapplied"
    if stops == {Reason.ACCOUNT_UNKNOWN} and amount_sure and policy.route_account_unknown == "unidentified":
        return Outcome.SUSPENSE, "unidentified"
    return Outcome.REVIEW, None


def _decide_paper(item: ItemEvidence, has_check: bool, posted: bool, policy: Policy) -> Decision:
    """Coupons support their envelope's check; letters, coupons alone and unknown documents go to a person."""
    if item.unusable:
        return Decision(item.item_id, item.kind, Outcome.REVIEW, (Reason.IMAGE_UNUSABLE,))
    if item.kind is DocumentKind.LETTER:
        reasons = [Reason.CORRESPONDENCE] + ([Reason.PAID_IN_FULL] if settles(item, policy) else [])
        return Decision(item.item_id, item.kind, Outcome.REVIEW, (*reasons, *topics(item)))
    if item.kind is DocumentKind.COUPON and not has_check:
        return Decision(item.item_id, item.kind, Outcome.REVIEW, (Reason.NO_CHECK,))
    if item.kind is DocumentKind.COUPON or (item.kind is DocumentKind.BLANK and posted):
        return Decision(item.item_id, item.kind, Outcome.SUPPORT)
    return Decision(item.item_id, item.kind, Outcome.REVIEW, (Reason.KIND_UNKNOWN,))


def _coupons(items: Sequence[ItemEvidence]) -> dict[str, Coupon]:
    """Coupons by account number that were read clearly; one scanned twice counts once, as sure as the surer scan."""
    coupons: dict[str, Coupon] = {}
    for item in items:
        account = item.candidates(Field.COUPON_ACCOUNT)[:1] if item.kind is DocumentKind.COUPON else ()
        amount = item.clear(Field.COUPON_AMOUNT)
        if account and account[0].value and account[0].probability >= CLEAR and amount.isdigit():
            number, sure = account[0].value, account[0].probability
            if number not in coupons or sure > coupons[number].probability:
                coupons[number] = Coupon(int(amount), sure)
    return coupons


def _own_coupons(
    coupons: Mapping[str, Coupon], checks: Sequence[ItemEvidence], check: ItemEvidence
) -> Mapping[str, Coupon]:
    """The coupons that a check pays. One check pays all of them, and one coupon is paid by all checks.

    Where there are as many checks as coupons, each check pays the coupon of its amount.
    """
    if len(checks) == 1 or len(coupons) <= 1:
        return coupons
    due_cents = [coupon.amount_due_cents for coupon in coupons.values()]
    best = weigh(_figures(check), check.candidates(Field.LEGAL_AMOUNT), due_cents).best
    own = {account: coupon for account, coupon in coupons.items() if best and coupon.amount_due_cents == best.cents}
    return own if len(own) == 1 and len(coupons) == len(checks) else coupons


def _match(check: ItemEvidence, coupons: Mapping[str, Coupon], setting: Setting) -> Matching:
    """The contract by the coupon if there is one, else by the number on the check."""
    numbers: Sequence[Candidate] = check.candidates(Field.ACCOUNT_NUMBER)
    if coupons:
        numbers = [_number(account, coupon.probability / len(coupons)) for account, coupon in coupons.items()]
    return match(numbers, setting.contracts, setting.master_size, setting.policy.number_rule, _payer(check))


def _number(account: str, probability: float) -> Candidate:
    return Candidate(account, probability, "coupon")


def _payer(check: ItemEvidence) -> PayerReading:
    best = check.reading.best(Field.PAYER) if check.reading else None
    name, _, address = (best.value if best else "").partition("\n")
    amounts = frozenset(int(figures.value) for figures in _figures(check) if figures.value.isdigit())
    return PayerReading(check.account_tokens, name, address, best is not None and best.probability >= CLEAR, amounts)


def _amounts(check: ItemEvidence, coupons: Mapping[str, Coupon], matching: Matching, setting: Setting) -> Amounts:
    """The amount, given what the coupons and the likeliest contracts lead one to expect."""
    due_cents = [coupon.amount_due_cents for coupon in coupons.values()]
    expected = {*due_cents, sum(due_cents)}
    for candidate in matching.matches[:3]:
        expected |= candidate.contract.expected_cents
    if len(coupons) > 1:  # the amounts due of all coupons, or one installment of each
        expected.add(sum(setting.contracts[a].installment_cents for a in coupons if a in setting.contracts))
    expected.discard(0)
    return weigh(_figures(check), check.candidates(Field.LEGAL_AMOUNT), expected)


def _figures(check: ItemEvidence) -> tuple[Candidate, ...]:
    if check.carried_cents is not None:  # the capture system balanced this amount already
        return (Candidate(str(check.carried_cents), 0.9999, "carried"),)
    return check.candidates(Field.COURTESY_AMOUNT)


def _split(
    check: ItemEvidence, coupons: Mapping[str, Coupon], matching: Matching, amounts: Amounts, setting: Setting
) -> tuple[tuple[DecisionLine, ...], set[Reason], float]:
    """Which contract gets how much, the reasons against it, and the chance that the contract is right."""
    cents = amounts.best.cents if amounts.best else 0
    if len(coupons) > 1:
        return _split_over_coupons(coupons, cents, setting)
    best = matching.best
    if best is None or not best.exact:
        return (), {_no_account_reason(check, matching)}, 0.0
    reasons = _contract_reasons(best.contract, cents, setting)
    numbers, rule = check.candidates(Field.ACCOUNT_NUMBER), replace(setting.policy.number_rule, second_factor_nats=0.0)
    written = match(numbers, setting.contracts, setting.master_size, rule).best
    if coupons and written and written.exact and written.contract != best.contract:
        reasons.add(Reason.ACCOUNT_DOUBTFUL)  # the coupon says one contract, the check another
    lines = (DecisionLine(best.contract.contract_id, best.contract.account_number, cents),) if cents else ()
    return lines, reasons, best.probability


def _split_over_coupons(
    coupons: Mapping[str, Coupon], cents: int, setting: Setting
) -> tuple[tuple[DecisionLine, ...], set[Reason], float]:
    unknown = [account for account in coupons if account not in setting.contracts]
    if unknown:
        return (), {Reason.ACCOUNT_UNKNOWN, Reason.COUPONS_DIFFER}, 0.0
    if sum(coupon.amount_due_cents for coupon in coupons.values()) != cents:
        return (), {Reason.COUPONS_DIFFER}, 0.0
    reasons: set[Reason] = set()
    for account, coupon in coupons.items():
        reasons |= _contract_reasons(setting.contracts[account], coupon.amount_due_cents, setting)
    lines = tuple(
        DecisionLine(setting.contracts[account].contract_id, account, coupons[account].amount_due_cents)
        for account in sorted(coupons)
    )
    return lines, reasons, prod(_coupon_chance(account, coupon, setting) for account, coupon in coupons.items())


def _coupon_chance(account: str, coupon: Coupon, setting: Setting) -> float:
    """The chance that a coupon is that contract's, by its own reading."""
    own, rule = {account: setting.contracts[account]}, setting.policy.number_rule
    best = match([_number(account, coupon.probability)], own, setting.master_size, rule).best
    return best.probability if best else 0.0


def _no_account_reason(check: ItemEvidence, matching: Matching) -> Reason:
    if matching.unread:
        return Reason.ACCOUNT_UNREAD
    # A near miss or the payer's history may lead to a contract: a person decides. Unknown is what leads to none.
    known = any(check.account_tokens & candidate.contract.payers for candidate in matching.matches)
    return Reason.ACCOUNT_DOUBTFUL if known or matching.matches or not matching.foreign else Reason.ACCOUNT_UNKNOWN


def _contract_reasons(contract: ContractView, cents: int, setting: Setting) -> set[Reason]:
    policy = setting.policy
    reasons = {Reason(f"flag_{flag}") for flag in contract.flags}
    due_cents = contract.past_due_cents + contract.current_due_cents
    if cents and due_cents and cents < due_cents - policy.underpaid_tolerance_cents:
        reasons.add(Reason.UNDERPAID)
    if cents > max(contract.balance_cents, contract.quote_cents) + policy.over_tolerance_cents:
        reasons.add(Reason.OVERPAID)
    if cents and setting.box in policy.payoff_boxes and cents < contract.balance_cents - policy.payoff_tolerance_cents:
        reasons.add(Reason.PAYOFF_SHORT)
    if contract.product not in policy.box_products.get(setting.box, ("loan", "lease")):
        reasons.add(Reason.WRONG_SITE)
    return reasons


def _amount_reasons(check: ItemEvidence, amounts: Amounts, policy: Policy) -> set[Reason]:
    if amounts.best is None:
        return {Reason.AMOUNT_UNREAD}
    # The amount of the file is in the deposit already: nothing else is posted, whatever the image shows.
    is_not_carried = check.carried_cents not in (None, amounts.best.cents)
    reasons = {Reason.AMOUNTS_DIFFER} if amounts.differ or is_not_carried else set()
    # The words control (UCC 3-114). Where they do not confirm the figures, the figures may be the wrong amount. Where
    # the words are what is posted, that is right, and a person only sees that the figures differ.
    overruled = amounts.overruled * 1e6 > policy.misread_limit_ppm(check.clear(Field.CHECK_KIND))
    if overruled or amounts.differing * 1e6 > policy.amounts_differ_ppm:
        reasons.add(Reason.AMOUNT_DOUBTFUL)
    if amounts.best.cents > policy.max_amount_cents:
        reasons.add(Reason.LARGE_AMOUNT)
    return reasons


def _ranked(matching: Matching, amounts: Amounts) -> dict[str, list[dict[str, Any]]]:
    return {
        "accounts": [
            {
                "account_number": candidate.contract.account_number,
                "name": candidate.contract.customer_name,
                "probability": round(candidate.probability, 6),
                "due_cents": candidate.contract.past_due_cents + candidate.contract.current_due_cents,
            }
            for candidate in matching.matches[:5]
        ],
        "amounts": [
            {"amount_cents": amount.cents, "probability": round(amount.probability, 6)} for amount in amounts.ranked[:5]
        ],
    }
