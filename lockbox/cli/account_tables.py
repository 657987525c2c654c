"""A contract's account and the trial balance as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import groupby

import sqlalchemy as sa
from rich.table import Table

from lockbox import db
from lockbox.money import dollars
from lockbox.servicing.account_view import BUCKETS, OWED, Account, balances


def tables(account: Account, *, every_accrual: bool = False) -> Iterator[Table]:
    """The account for a terminal. Consecutive nights of interest are one line unless `every_accrual`."""
    yield _about(account)
    yield _journals(account, every_accrual)
    yield _installments(account)
    if account.events:
        yield _events(account)


def trial_balance(connection: sa.Connection, day: date) -> Table:
    """Every ledger account at the end of a business date; debits are positive, the total is 0 (I2)."""
    table = Table("account", "", "debits", "credits", "balance", title=f"Trial balance, {day}")
    rows = db.rows(connection, "reports/trial_balance", business_date=day, through=None)
    for row in rows:
        cells = (dollars(int(row[f"{name}_cents"])) for name in ("debit", "credit", "balance"))
        table.add_row(row["account"], row["name"], *cells)
    table.add_section()
    totals = [sum(int(row[f"{name}_cents"]) for row in rows) for name in ("debit", "credit", "balance")]
    table.add_row("total", "", *(dollars(cents) for cents in totals))
    for column in table.columns[2:]:
        column.justify = "right"
    for column in (table.columns[0], *table.columns[2:]):
        column.no_wrap = True  # a narrow terminal truncates names, never amounts
    return table


def _about(account: Account) -> Table:
    about = account.about
    table = Table(
        show_header=False, title=f"{about['product'].capitalize()} {about['account_number']}", title_justify="left"
    )
    table.add_row("customer", about["customer_name"])
    table.add_row("opened", f"{about['opened_on']}, {dollars(about['original_cents'])}, {about['state']} law")
    rate = f"{about['rate_ppm'] / 10_000:.2f}% {about['method']}, {about['day_count']}, " if about["rate_ppm"] else ""
    terms = (
        f"{rate}{about['installments']} installments, payment order {about['order_id']}, excess to {about['excess']}"
    )
    table.add_row("terms", f"{terms} (version {about['terms_version']})")
    balance = balances(account)
    parts = ", ".join(f"{name} {dollars(balance[name])}" for name in OWED if balance[name])
    table.add_row("balance due", f"{dollars(sum(balance[name] for name in OWED))}{f' ({parts})' if parts else ''}")
    for name in ("unapplied", "refund"):
        if balance[name]:
            table.add_row(name, dollars(-balance[name]))
    if about["flags"]:
        table.add_row("flags", ", ".join(about["flags"]))
    return table


def _journals(account: Account, every_accrual: bool) -> Table:
    used = [name for name in BUCKETS if any(row[f"{name}_cents"] for row in account.journals)]
    table = Table(
        "journal",
        "effective",
        "posted",
        "description",
        *used,
        "balance due after",
        title="Journals",
        title_justify="left",
    )
    owed = 0
    for kind, rows in groupby(account.journals, key=lambda row: row["source_kind"]):
        for group in [list(rows)] if kind == "accrual" and not every_accrual else [[row] for row in rows]:
            first, last = group[0], group[-1]
            owed += sum(row[f"{name}_cents"] for row in group for name in OWED)
            moved = [sum(row[f"{name}_cents"] for row in group) for name in used]
            reason = f": {last['reason']}" if last["reason"] else ""
            what = f"{len(group)} nights of interest" if kind == "accrual" else f"{kind} {last['source_key']}{reason}"
            on = str(last["effective_date"])
            effective = on if len(group) == 1 else f"{first['effective_date']} to {on}"
            amounts = (dollars(cents) if cents else "" for cents in moved)
            posted = f"{last['posted_at']:%Y-%m-%d %H:%M}"
            table.add_row(str(first["journal_id"]), effective, posted, what, *amounts, dollars(owed))
    for column in table.columns[4:]:
        column.justify = "right"
    return table


def _installments(account: Account) -> Table:
    table = Table("no", "due", "billed", "paid", "last payment", "late fee", title="Installments", title_justify="left")
    for row in account.installments:
        fee = dollars(row["late_fee_cents"]) if row["late_fee_cents"] else ""
        cells = (dollars(row["amount_cents"]), dollars(row["credited_cents"]), str(row["credited_on"] or ""), fee)
        table.add_row(str(row["installment_no"]), str(row["due_on"]), *cells)
    return table


def _events(account: Account) -> Table:
    table = Table("effective", "event", "reason", "by person or rule", title="Events", title_justify="left")
    for row in account.events:
        table.add_row(str(row["effective_on"]), row["what"], row["reason"], row["maker"])
    return table
