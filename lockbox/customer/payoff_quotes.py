"""Payoff quotes, shell: what ends a contract on a day, from its balances, is kept, and its letter made from that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract import interest
from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import DayCount, Rules
from lockbox.customer.payoff_letter import PayoffLetter
from lockbox.customer.statement import Recipient, StatementLine, long_date
from lockbox.customer.statement_content import BilledInstallment, late_fee_of
from lockbox.customer.stationery import payoff_mail_on, sender_on
from lockbox.errors import InputError, NotReady, OutOfBalance
from lockbox.money import last_four


def letter_of(connection: sa.Connection, quote_id: int) -> PayoffLetter:
    """The letter of a quote, as it was given, whatever has happened since.

    Raises:
        InputError: there is no such quote.
    """
    found = connection.execute(
        sa.text("""
            select q.*, c.account_number, c.product, c.lender_id
            from payoff_quote as q join contract as c using (contract_id) where q.quote_id = :quote"""),
        {"quote": quote_id},
    ).mappings()
    row = found.first()
    if row is None:
        raise InputError("no such payoff quote", record=str(quote_id))
    told, quoted_on, product = row["content"], row["quoted_on"], row["product"]
    mail, overnight = payoff_mail_on(connection, row["lender_id"], product, quoted_on)
    return PayoffLetter(
        sender=sender_on(connection, row["lender_id"], product, quoted_on),
        recipient=Recipient(told["name"], tuple(told["address"]), row["account_number"], product),
        quoted_on=quoted_on,
        good_through=row["good_through"],
        lines=tuple(StatementLine(one["label"], one["amount_cents"]) for one in told["lines"]),
        total_cents=row["amount_cents"],
        per_diem_cents=row["per_diem_cents"],
        payoff_mail=mail,
        payoff_overnight=overnight,
        release=told["release"],
    )


def make_quote(
    connection: sa.Connection,
    lender_id: str,
    account_number: str,
    quoted_on: date,
    good_through: date,
    rules: Rules,
    is_open: IsOpen,
    maker: str,
    as_of: datetime,
) -> int:
    """Quotes what ends a contract, as the ledger has it now; gives the quote's number, the same for the same quote.

    A payment received on the good-through date owes the nights before it; late fees that fall due until then are in.

    Raises:
        InputError: no such account, a good-through date before the quote, or a day that lies behind the last night.
        NotReady: the nights before the quote have not been run, or nothing is owed.
        OutOfBalance: the parts do not add up to what the ledger's own function says.
    """
    if good_through < quoted_on:
        raise InputError(f"good through {good_through}, quoted on {quoted_on}", field="good through")
    found = db.rows(
        connection, "statements/payoff", lender_id=lender_id, account_number=account_number, quoted_on=quoted_on,
        good_through=good_through,
    )  # fmt: skip
    if not found:
        raise InputError("no such account", record=account_number)
    row = found[0]
    if row["accrued_through"] < quoted_on - timedelta(1):
        raise NotReady(f"account {last_four(account_number)}: nights were run to {row['accrued_through']} only")
    if row["accrued_through"] > quoted_on:
        raise InputError(
            f"the night of {row['accrued_through']} was run: no quote of {quoted_on}", record=account_number
        )
    to_come = _fees_to_come(row, good_through, rules, is_open)
    balances = _loan_lines(row, good_through) if row["product"] == "loan" else _lease_lines(row)
    lines = tuple(line for line in (*balances, *_fee_lines(row, to_come)) if line.amount_cents)
    total = sum(line.amount_cents for line in lines)
    if total != row["total_cents"] + to_come - row["unapplied_cents"]:
        raise OutOfBalance(f"account {last_four(account_number)}: the lines of the payoff add up to {total} cents")
    if total <= 0:
        raise NotReady(f"account {last_four(account_number)}: nothing is owed")
    a_day = interest.numerator(
        row["base_cents"], row["rate_ppm"], quoted_on, quoted_on, DayCount(row["day_count"])
    )  # 0 for a lease
    content = {
        "name": row["name"],
        "address": [line for line in row["address"].split("\n") if line],
        "lines": [asdict(line) for line in lines],
        "release": _release(row),
    }
    return _keep(
        connection,
        {
            "contract": row["contract_id"], "quoted_on": quoted_on, "good_through": good_through, "cents": total,
            "per_diem": interest.accrue(0, a_day)[0], "content": json.dumps(content), "maker": maker, "as_of": as_of,
        },
    )  # fmt: skip


def _keep(connection: sa.Connection, quote: Mapping[str, Any]) -> int:
    connection.execute(
        sa.text("""
            insert into payoff_quote (
                contract_id, quoted_on, good_through, amount_cents, per_diem_cents, content, made_by, made_at
            )
            values (:contract, :quoted_on, :good_through, :cents, :per_diem, cast(:content as jsonb), :maker, :as_of)
            on conflict do nothing"""),
        quote,
    )
    return int(
        connection.execute(
            sa.text("""
                select quote_id from payoff_quote
                where (contract_id, quoted_on, good_through, amount_cents)
                    = (:contract, :quoted_on, :good_through, :cents)"""),
            quote,
        ).scalar_one()
    )


def _loan_lines(row: sa.RowMapping, good_through: date) -> tuple[StatementLine, ...]:
    to_come = row["total_cents"] - row["principal_cents"] - row["interest_cents"] - row["fee_cents"]
    return (
        StatementLine("Principal", row["principal_cents"]),
        StatementLine(f"Interest accrued through {long_date(row['accrued_through'])}", row["interest_cents"]),
        StatementLine(f"Interest until {long_date(good_through)}", to_come),
    )


def _lease_lines(row: sa.RowMapping) -> tuple[StatementLine, ...]:
    billed = row["rent_cents"] + row["tax_cents"]
    return (
        StatementLine("Lease payments billed, with tax", billed),
        StatementLine("Lease payments to come, with tax", row["to_come_cents"]),
        StatementLine("Residual value", row["residual_cents"]),
        StatementLine("Purchase fee", row["purchase_fee_cents"]),
        StatementLine("Sales tax on the purchase", row["purchase_tax_cents"]),
    )


def _fees_to_come(row: sa.RowMapping, good_through: date, rules: Rules, is_open: IsOpen) -> int:
    """Late fees that the nights before the good-through date will charge if nothing is paid until then."""
    if row["no_late_fee"]:
        return 0
    cents = int(row["assessed_cents"])
    for told in row["installments"]:
        fee = late_fee_of(
            BilledInstallment(**{**told, "due_on": date.fromisoformat(told["due_on"])}), row["state"], rules, is_open
        )
        # What was on time until a night that was run has been judged; the fee comes in the night after the last day.
        if fee is not None and row["accrued_through"] < fee.last_day < good_through - timedelta(1):
            cents += fee.amount_cents
    return cents


def _fee_lines(row: sa.RowMapping, to_come_cents: int) -> tuple[StatementLine, ...]:
    return (
        StatementLine("Fees", row["fee_cents"]),
        StatementLine("Late fees that fall due until then", to_come_cents),
        StatementLine("Money held for you", -row["unapplied_cents"]),
    )


def _release(row: sa.RowMapping) -> str:
    if row["product"] == "lease":
        return "This amount buys the vehicle. We send the title after your payoff has been received and honored."
    return f"We release our lien within {row['release_days']} days after receiving your final payment."
