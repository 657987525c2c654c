"""The books of one contract: what the ledger says, in the accounts in which a replay is compared with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

# The contra account of a charge, by the account on which it is owed.
CONTRA = {
    "receivable.interest": "income.interest",
    "receivable.fee": "income.fee",
    "receivable.rent": "income.rent",
    "receivable.tax": "liability.sales_tax",
}
PAYMENTS = ("item", "identification")  # money received, whose contra account is clearing
CHARGES = ("accrual", "billing", "late_fee", "fee", "lease_end")


@dataclass(frozen=True, slots=True)
class PostedFee:
    """A late fee that is in force."""

    no: int
    on: date
    amount_cents: int


@dataclass(frozen=True, slots=True)
class BilledRow:
    """A billed installment as its row has it."""

    no: int
    due_on: date
    amount_cents: int  # with its tax
    tax_cents: int
    is_last: bool  # of a loan: it claims all that is left


@dataclass(frozen=True, slots=True)
class Books:
    """What the ledger says of one contract since its opening."""

    accounts: Mapping[str, int]  # account -> cents; all sites' clearing as "clearing"
    unapplied: Mapping[int | None, int]  # item -> unapplied cents; None: taken over at the opening
    credits: Mapping[int, int]  # installment -> cents
    late_fees: tuple[PostedFee, ...]
    billed: Mapping[int, BilledRow]
    opening_credits: Mapping[int, int]  # installment -> cents credited before the takeover
    unbilled: tuple[int, ...] = ()  # rents that were billed and are not any more


def contract_books(
    lines: Iterable[Mapping[str, Any]], installments: Iterable[Mapping[str, Any]], fees: Iterable[Mapping[str, Any]]
) -> Books:
    """The books from the rows of sql/queries/history_lines.sql, history_installments.sql, history_late_fees.sql."""
    accounts, unapplied = _balances(lines)
    return Books(
        accounts={account: cents for account, cents in accounts.items() if cents},
        unapplied={item: cents for item, cents in unapplied.items() if cents},
        credits={
            row["installment_no"]: row["credited_cents"] - (row["opening_cents"] or 0)
            for row in installments
            if row["credited_cents"] != (row["opening_cents"] or 0)
        },
        late_fees=tuple(
            PostedFee(fee["installment_no"], fee["charged_on"], fee["amount_cents"])
            for fee in fees
            if not fee["is_opening"]
        ),
        billed={row["installment_no"]: _billed_row(row) for row in installments if row["is_billed"]},
        opening_credits={row["installment_no"]: row["opening_cents"] for row in installments if row["opening_cents"]},
        unbilled=tuple(row["installment_no"] for row in installments if not row["is_billed"]),
    )


def _billed_row(row: Mapping[str, Any]) -> BilledRow:
    return BilledRow(row["installment_no"], row["due_on"], row["amount_cents"], row["tax_cents"], row["is_last"])


def _balances(lines: Iterable[Mapping[str, Any]]) -> tuple[Counter[str], Counter[int | None]]:
    """(account -> cents, item -> unapplied cents). Contra lines name no contract: they follow from the charge."""
    accounts: Counter[str] = Counter()
    unapplied: Counter[int | None] = Counter()
    for line in lines:
        account, cents = line["account"], line["amount_cents"]
        if account == "suspense.unapplied":
            unapplied[line["unapplied_item_id"]] -= cents
        if line["source_kind"] == "opening":
            continue
        accounts["clearing" if account.startswith("clearing.") else account] += cents
        kind = line["reversed_kind"] or line["source_kind"]
        if kind in CHARGES and account in CONTRA:
            accounts[CONTRA[account]] -= cents
        elif kind == "waiver" and account == "receivable.fee":
            accounts["expense.waiver"] -= cents
        elif kind == "interest_waiver" and account == "receivable.interest":
            accounts["expense.interest_waiver"] -= cents
        elif kind in PAYMENTS and not account.startswith("clearing."):
            accounts["clearing"] -= cents
    return accounts, unapplied
