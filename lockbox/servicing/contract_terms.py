"""The terms of a contract as the tables hold them, version by version, with their schedules and orders."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from lockbox.contract.terms import DayCount, Excess, LeaseTerms, Method, Product, Run, Terms
from lockbox.lender.profile_rules import load_order


def load_terms(connection: sa.Connection, contract_id: int, product: str, state: str) -> tuple[Terms, ...]:
    """All versions of a contract's terms, the first to come into force first."""
    rows = connection.execute(
        sa.text("select * from contract_terms where contract_id = :contract order by valid_from, version"),
        {"contract": contract_id},
    ).all()
    runs = _schedules(connection, contract_id)
    leases = _leases(connection, contract_id)
    orders = {order_id: load_order(connection, order_id) for order_id in {row.order_id for row in rows}}
    return tuple(
        Terms(
            version=row.version,
            valid_from=row.valid_from,
            product=Product(product),
            state=state,
            rate_ppm=row.rate_ppm,
            day_count=DayCount(row.day_count),
            method=Method(row.method),
            schedule=tuple(runs[row.version]),
            order=orders[row.order_id],
            excess=Excess(row.excess),
            lease=leases.get(row.version),
        )
        for row in rows
    )


def save_terms(connection: sa.Connection, contract_id: int, terms: Terms, as_of: datetime) -> int:
    """Adds a version, under the next free number; gives that. It is put in force by a night or a correction."""
    version = {
        "valid_from": terms.valid_from,
        "rate_ppm": terms.rate_ppm,
        "day_count": terms.day_count,
        "method": terms.method,
        "order_id": terms.order.order_id,
        "excess": terms.excess,
        "runs": [asdict(run) for run in terms.schedule],
        "lease": asdict(terms.lease) if terms.lease else None,
    }
    made = connection.execute(
        sa.text("select add_terms(:contract, cast(:terms as jsonb), :as_of)"),
        {"contract": contract_id, "terms": json.dumps(version, default=str), "as_of": as_of},
    )
    return int(made.scalar_one())


def _schedules(connection: sa.Connection, contract_id: int) -> defaultdict[int, list[Run]]:
    """Version -> its runs, in order."""
    runs: defaultdict[int, list[Run]] = defaultdict(list)
    for row in connection.execute(
        sa.text("select *, count as months from schedule_run where contract_id = :contract order by version, first_no"),
        {"contract": contract_id},
    ):
        runs[row.version].append(
            Run(row.first_no, row.first_due_on, row.due_day, row.months, row.amount_cents, row.tax_cents)
        )
    return runs


def _leases(connection: sa.Connection, contract_id: int) -> dict[int, LeaseTerms]:
    """Version -> what a lease says about its end."""
    rows = connection.execute(
        sa.text("select * from lease_terms where contract_id = :contract"), {"contract": contract_id}
    )
    fields = LeaseTerms.__dataclass_fields__
    return {
        row["version"]: LeaseTerms(**{name: value for name, value in row.items() if name in fields})
        for row in rows.mappings()
    }
