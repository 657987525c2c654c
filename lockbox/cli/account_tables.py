"""A contract's account and the trial balance as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

import sqlalchemy as sa
from rich.table import Table

from lockbox import db
from lockbox.money import dollars
from lockbox.servicing.account_view import BUCKETS, OWED, Account, balances


def tables(account: Account, *, every_accrual: bool = False) -> Iterator[Table]:
    """The account for a terminal. Nights of interest in a row are one line unless `every_accrual`."""
    yield _about(account)
    yield _journals(account, every_accrual)
    yield _installments(account)
    if account.events:
        yield _events(account)


def trial_balance(connection: sa.Connection, as_of: datetime) -> Table:
    """Every ledger account at the end of the business date of an instant; debits positive, together 0 (I2)."""
    day = as_of.date()
    table = Table("account", "", "debits", "credits", "balance", title=f"Trial balance, {day}")
    rows = db.rows(connection, "reports/trial_balance", business_date=day)
    for row in rows:
        cells = (dollars(int(row[f"{name}_cents"])) for name in ("debit", "credit", "balance"))
        table.add_row(row["account"], row["name"], *cells)
    table.add_section()
    totals = [sum(int(row[f"{name}_cents"]) for row in rows) for name in ("debit", "credit", "balance")]
    table.add_row("together", "", *(dollars(one) for one in totals))
    for column in table.columns[2:]:
        column.justify = "right"
    for column in (table.columns[0], *table.columns[2:]):
        column.no_wrap = True  # a narrow terminal cuts names short, never money
    return table


def _about(account: Account) -> Table:
    one = account.about
    table = Table(
        show_header=False, title=f"{one['product'].capitalize()} {one['account_number']}", title_justify="left"
    )
    table.add_row("customer", one["customer_name"])
    table.add_row("opened", f"{one['opened_on']}, {dollars(one['original_cents'])}, law of {one['state']}")
    rate = f"{one['rate_ppm'] / 10_000:.2f} % {one['method']}, {one['day_count']}, " if one["rate_ppm"] else ""
    terms = f"{rate}{one['installments']} installments, order {one['order_id']}, excess to {one['excess']}"
    table.add_row("terms", f"{terms} (version {one['terms_version']})")
    held = balances(account)
    parts = ", ".join(f"{name} {dollars(held[name])}" for name in OWED if held[name])
    table.add_row("owes", f"{dollars(sum(held[name] for name in OWED))}{f' ({parts})' if parts else ''}")
    for name in ("unapplied", "refund"):
        if held[name]:
            table.add_row(name, dollars(-held[name]))
    if one["flags"]:
        table.add_row("flags", ", ".join(one["flags"]))
    return table


def _journals(account: Account, every_accrual: bool) -> Table:
    used = [name for name in BUCKETS if any(row[f"{name}_cents"] for row in account.journals)]
    table = Table("journal", "effective", "posted", "what", *used, "owed after", title="Journals", title_justify="left")
    owed = 0
    for kind, rows in groupby(account.journals, key=lambda row: row["source_kind"]):
        for some in [list(rows)] if kind == "accrual" and not every_accrual else [[row] for row in rows]:
            first, last = some[0], some[-1]
            owed += sum(row[f"{name}_cents"] for row in some for name in OWED)
            moved = [sum(row[f"{name}_cents"] for row in some) for name in used]
            what = f"{len(some)} nights of interest" if kind == "accrual" else f"{kind} {last['source_key']}"
            on = str(last["effective_date"])
            table.add_row(
                str(first["journal_id"]), on if len(some) == 1 else f"{first['effective_date']} to {on}",
                f"{last['posted_at']:%Y-%m-%d %H:%M}", what, *(dollars(one) if one else "" for one in moved),
                dollars(owed),
            )  # fmt: skip
    for column in table.columns[4:]:
        column.justify = "right"
    return table


def _installments(account: Account) -> Table:
    table = Table(
        "no", "due", "asked", "credited", "last credit", "late fee", title="Installments", title_justify="left"
    )
    for row in account.installments:
        fee = dollars(row["late_fee_cents"]) if row["late_fee_cents"] else ""
        cells = (dollars(row["amount_cents"]), dollars(row["credited_cents"]), str(row["credited_on"] or ""), fee)
        table.add_row(str(row["installment_no"]), str(row["due_on"]), *cells)
    return table


def _events(account: Account) -> Table:
    table = Table("on", "what", "how", "who, or by which rule", title="Events", title_justify="left")
    for row in account.events:
        table.add_row(str(row["effective_on"]), row["what"], row["reason"], row["maker"])
    return table
