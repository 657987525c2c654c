"""Where it goes what is owed and will not be paid: the loss account of each part, and of what is waived."""

from __future__ import annotations

from collections.abc import Mapping

from lockbox.contract.terms import Bucket

# Only principal was ever paid out, so only that is a loss. Interest, fees and rent that were
# accrued and never came are taken out of income again, through accounts of their own. Tax that was billed and never
# came is lost until the state gives it back.
LOSS = {
    Bucket.PRINCIPAL: "expense.charge_off.principal",
    Bucket.INTEREST: "income.charge_off.interest",
    Bucket.FEE: "income.charge_off.fee",
    Bucket.RENT: "income.charge_off.rent",
    Bucket.TAX: "expense.charge_off.tax",
}


def loss_lines(kind: str, owed: Mapping[Bucket, int]) -> list[tuple[str, int]]:
    """(account, cents) of a write-off: the parts of a charge-off are lost apart, a payoff shortage as one."""
    receivables = [(f"receivable.{bucket}", -cents) for bucket, cents in owed.items()]
    if kind == "charge_off":
        return [(LOSS[bucket], cents) for bucket, cents in owed.items()] + receivables
    return [(f"expense.{kind}", sum(owed.values())), *receivables]


def waiver_lines(interest_cents: int) -> list[tuple[str, int]]:
    """(account, cents) of waived interest."""
    return [("expense.interest_waiver", interest_cents), ("receivable.interest", -interest_cents)]
