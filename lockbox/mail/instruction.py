"""What payers ask to be done with their money: principal only, on the check, the coupon, or in a letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lockbox.contract.terms import Excess
from lockbox.lender.policy import Policy
from lockbox.mail.contract_match import ContractView
from lockbox.mail.evidence import CLEAR, ItemEvidence
from lockbox.mail.reason import Reason
from ocr.reading import PRINCIPAL_ONLY, DocumentKind, Field


@dataclass(frozen=True, slots=True)
class Asked:
    """The chances that the papers beside an envelope's checks ask for principal only."""

    letters: float = 0.0  # for all of its payments
    coupons: Mapping[str, float] = field(default_factory=dict)  # for the payment of this account


def asked_beside(items: Sequence[ItemEvidence]) -> Asked:
    """What the letters and coupons of an envelope ask for."""
    letters = [_chance(item) for item in items if item.kind is DocumentKind.LETTER]
    coupons: dict[str, float] = {}
    for item in items:
        account = item.reading.best(Field.COUPON_ACCOUNT) if item.reading else None
        if item.kind is DocumentKind.COUPON and account is not None and account.probability >= CLEAR:
            coupons[account.value] = max(coupons.get(account.value, 0.0), _chance(item))
    return Asked(max(letters, default=0.0), coupons)


def instructed(
    accounts: Iterable[str],
    check: ItemEvidence,
    beside: Asked,
    policy: Policy,
    contracts: Mapping[str, ContractView],
) -> tuple[dict[str, Excess], set[Reason]]:
    """What is followed for the payments of a check, by account number, and the reasons that this gives.

    An instruction in doubt goes to a person. One that the contract's order does not let be followed is noted, and its
    money is applied as any other.
    """
    of_check = max(_chance(check), beside.letters)
    followed: dict[str, Excess] = {}
    reasons: set[Reason] = set()
    for account in accounts:
        chance_ppm = max(of_check, beside.coupons.get(account, 0.0)) * 1e6
        if chance_ppm >= policy.instruction_ppm:
            reason = _reason(chance_ppm, policy, contracts[account])
            reasons.add(reason)
            if reason is Reason.PRINCIPAL_ONLY:
                followed[account] = Excess.PRINCIPAL
    return followed, reasons


def _reason(chance_ppm: float, policy: Policy, contract: ContractView) -> Reason:
    if not contract.principal_only:
        return Reason.PRINCIPAL_ONLY_BARRED
    return Reason.PRINCIPAL_ONLY if chance_ppm >= policy.min_instruction_ppm else Reason.PRINCIPAL_ONLY_DOUBTFUL


def _chance(item: ItemEvidence) -> float:
    chances = (
        candidate.probability for candidate in item.candidates(Field.INSTRUCTION) if candidate.value == PRINCIPAL_ONLY
    )
    return max(chances, default=0.0)
