"""Payoff quotes, shell: what pays a contract off on a day, kept as quoted, and the letter made from what was kept."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.contract import interest
from lockbox.contract.grace import IsOpen
from lockbox.contract.posting import Posting
from lockbox.contract.terms import DayCount, Rules
from lockbox.customer.payoff_letter import PayoffLetter
from lockbox.customer.statement import Recipient, StatementLine, long_date
from lockbox.customer.stationery import payoff_mail_on, sender_on
from lockbox.errors import InputError, NotReady, OutOfBalance
from lockbox.lender.dated_rules import rule_book
from lockbox.money import last_four
from lockbox.ops_events import settle
from lockbox.servicing.record import last_night, load_record


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """Which contract is to be quoted, and for when."""

    lender_id: str
    account_number: str
    quoted_on: date
    good_through: date
    maker: str
    as_of: datetime


def letter_of(connection: sa.Connection, quote_id: int) -> PayoffLetter:
    """The letter of a quote, as it was given, whatever happened since.

    Raises:
        InputError: there is no such quote.
    """
    quotes = connection.execute(
        sa.text("""
            select q.*, c.account_number, c.product, c.lender_id
            from payoff_quote as q join contract as c using (contract_id) where q.quote_id = :quote"""),
        {"quote": quote_id},
    ).mappings()
    quote = quotes.first()
    if quote is None:
        raise InputError("no such payoff quote", record=str(quote_id))
    content, quoted_on, product = quote["content"], quote["quoted_on"], quote["product"]
    mail, overnight = payoff_mail_on(connection, quote["lender_id"], product, quoted_on)
    return PayoffLetter(
        sender=sender_on(connection, quote["lender_id"], product, quoted_on),
        recipient=Recipient(content["name"], tuple(content["address"]), quote["account_number"], product),
        quoted_on=quoted_on,
        good_through=quote["good_through"],
        lines=tuple(StatementLine(line["label"], line["amount_cents"]) for line in content["lines"]),
        total_cents=quote["amount_cents"],
        per_diem_cents=quote["per_diem_cents"],
        payoff_mail=mail,
        payoff_overnight=overnight,
        release=content["release"],
    )


def make_quote(connection: sa.Connection, asked: QuoteRequest) -> int:
    """Quotes what pays a contract off, as the ledger has it now; returns the number, the same for the same quote.

    A payment received on the good-through date owes the nights before it: late fees that fall due until then are in,
    and what these nights net out of money payable to the customer is not asked for.

    Raises:
        InputError: no such account, a good-through date before the quote, or a day before the last night.
        NotReady: the nights before the quote have not been run, or nothing is owed.
        SettingsError: no late-fee or lien-release rule of the contract's state is in force.
        OutOfBalance: the parts do not add up to what the ledger's own function returns.
    """
    if asked.good_through < asked.quoted_on:
        raise InputError(f"good through {asked.good_through}, quoted on {asked.quoted_on}", field="good through")
    balances = _balances(connection, asked)
    rules, is_open = rule_book(connection, asked.lender_id, asked.quoted_on)
    to_come = _postings_to_come(connection, balances, asked.good_through, rules, is_open)
    lines, total_cents = _lines(balances, asked, to_come)
    content = {
        "name": balances["name"],
        "address": [line for line in balances["address"].split("\n") if line],
        "lines": [asdict(line) for line in lines],
        "release": _release(balances, asked.quoted_on, rules),
    }
    day = asked.quoted_on
    day_of_interest = interest.numerator(
        balances["base_cents"], balances["rate_ppm"], day, day, DayCount(balances["day_count"])
    )
    quote = {
        "contract": balances["contract_id"],
        "quoted_on": asked.quoted_on,
        "good_through": asked.good_through,
        "cents": total_cents,
        "per_diem": interest.accrue(0, day_of_interest)[0],  # 0 for a lease
        "content": json.dumps(content),
        "maker": asked.maker,
        "as_of": asked.as_of,
    }
    return _keep(connection, asked.account_number, quote)


def _balances(connection: sa.Connection, asked: QuoteRequest) -> sa.RowMapping:
    """What the contract owes, from sql/statements/payoff.sql, once its nights have reached the day of the quote."""
    number, day = asked.account_number, asked.quoted_on
    rows = db.rows(
        connection,
        "statements/payoff",
        lender_id=asked.lender_id,
        account_number=number,
        quoted_on=day,
        good_through=asked.good_through,
    )
    if not rows:
        raise InputError("no such account", record=number)
    accrued_through = rows[0]["accrued_through"]
    if accrued_through < day - timedelta(1):
        raise NotReady(f"account {last_four(number)}: nights were run to {accrued_through} only")
    if accrued_through > day:
        raise InputError(f"the night of {accrued_through} was run: no quote of {day}", record=number)
    return rows[0]


def _lines(
    balances: sa.RowMapping, asked: QuoteRequest, to_come: Sequence[Posting]
) -> tuple[tuple[StatementLine, ...], int]:
    """The lines of the quote that are not 0, and their sum, which must equal what the ledger's own function returns."""
    fees_cents = _late_fees(balances, to_come)
    debts = _loan_lines(balances, asked.good_through) if balances["product"] == "loan" else _lease_lines(balances)
    lines = tuple(line for line in (*debts, *_fee_lines(balances, fees_cents)) if line.amount_cents)
    total_cents = sum(line.amount_cents for line in lines)
    account = last_four(asked.account_number)
    if total_cents != balances["total_cents"] + fees_cents - balances["unapplied_cents"]:
        raise OutOfBalance(f"account {account}: the lines of the payoff add up to {total_cents} cents")
    netted_cents = _netted(to_come)
    if total_cents <= netted_cents:
        raise NotReady(f"account {account}: nothing is owed")
    netted = (StatementLine("Refund due to you, applied to this balance", -netted_cents),) if netted_cents else ()
    return (*lines, *netted), total_cents - netted_cents


def _keep(connection: sa.Connection, account_number: str, quote: Mapping[str, Any]) -> int:
    settle(connection, "quote_withdrawn", f"contract/{account_number}", quote["as_of"])
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
                    = (:contract, :quoted_on, :good_through, :cents) and ending is distinct from 'withdrawn'"""),
            quote,
        ).scalar_one()
    )


def _loan_lines(balances: sa.RowMapping, good_through: date) -> tuple[StatementLine, ...]:
    to_come = balances["total_cents"] - balances["principal_cents"] - balances["interest_cents"] - balances["fee_cents"]
    return (
        StatementLine("Principal balance", balances["principal_cents"]),
        StatementLine(f"Interest accrued through {long_date(balances['accrued_through'])}", balances["interest_cents"]),
        StatementLine(f"Additional interest to {long_date(good_through)}", to_come),
    )


def _lease_lines(balances: sa.RowMapping) -> tuple[StatementLine, ...]:
    billed = balances["rent_cents"] + balances["tax_cents"]
    return (
        StatementLine("Unpaid lease payments, including tax", billed),
        StatementLine("Remaining lease payments, including tax", balances["to_come_cents"]),
        StatementLine("Residual value", balances["residual_cents"]),
        StatementLine("Purchase option fee", balances["purchase_fee_cents"]),
        StatementLine("Sales tax on the purchase", balances["purchase_tax_cents"]),
    )


def _postings_to_come(
    connection: sa.Connection, balances: sa.RowMapping, good_through: date, rules: Rules, is_open: IsOpen
) -> tuple[Posting, ...]:
    """What the nights before the good-through date will post if nothing is paid until then."""
    record = load_record(connection, balances["contract_id"], last_night(connection))
    until = good_through - timedelta(1)
    if until <= record.last_night:
        return ()
    postings = record.replay(rules, is_open, until).postings
    return tuple(posting for posting in postings if posting.on > record.last_night)


def _late_fees(balances: sa.RowMapping, to_come: Iterable[Posting]) -> int:
    if balances["no_late_fee"]:
        return 0
    return sum(posting.lines[0].amount_cents for posting in to_come if posting.kind == "late_fee")


def _netted(to_come: Iterable[Posting]) -> int:
    """What the nights take of money payable to the customer for what the contract owes."""
    lines = (line for posting in to_come if posting.kind == "application" for line in posting.lines)
    return sum(line.amount_cents for line in lines if line.account == "payable.refund")


def _fee_lines(balances: sa.RowMapping, fees_to_come_cents: int) -> tuple[StatementLine, ...]:
    return (
        StatementLine("Fees", balances["fee_cents"]),
        StatementLine("Late fees due by the good-through date", fees_to_come_cents),
        StatementLine("Unapplied funds", -balances["unapplied_cents"]),
    )


def _release(balances: sa.RowMapping, quoted_on: date, rules: Rules) -> str:
    days = rules.lien_release(balances["state"], quoted_on).days
    if balances["product"] == "lease":
        return (
            "This amount purchases the vehicle. "
            "We will send you the title after we receive your payoff and your bank honors it."
        )
    return f"We will release our lien within {days} days after we receive your final payment."
