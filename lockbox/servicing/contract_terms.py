"""The terms of a contract as the tables hold them, version by version, with their schedules and orders."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

import sqlalchemy as sa

from lockbox.contract.terms import DayCount, Excess, LeaseTerms, Method, Product, Run, Terms
from lockbox.lender.profile_rules import load_order


def load_terms(connection: sa.Connection, contract_id: int, product: str, state: str) -> tuple[Terms, ...]:
    """All versions of a contract's terms, the first to come into force first."""
    return load_terms_of(connection, {contract_id: (product, state)})[contract_id]


def load_terms_of(connection: sa.Connection, laws: Mapping[int, tuple[str, str]]) -> dict[int, tuple[Terms, ...]]:
    """All versions of the terms of contracts, given with product and state, each from the first to come into force."""
    statement = sa.text("""
        select * from contract_terms where contract_id = any(cast(:contracts as bigint[]))
        order by contract_id, valid_from, version""")
    rows = connection.execute(statement, {"contracts": list(laws)}).all()
    runs, leases = _schedules(connection, laws), _leases(connection, laws)
    orders = {order_id: load_order(connection, order_id) for order_id in {row.order_id for row in rows}}
    terms: dict[int, tuple[Terms, ...]] = dict.fromkeys(laws, ())
    for row in rows:
        product, state = laws[row.contract_id]
        version = Terms(
            version=row.version,
            valid_from=row.valid_from,
            product=Product(product),
            state=state,
            rate_ppm=row.rate_ppm,
            day_count=DayCount(row.day_count),
            method=Method(row.method),
            schedule=tuple(runs[row.contract_id, row.version]),
            order=orders[row.order_id],
            excess=Excess(row.excess),
            lease=leases.get((row.contract_id, row.version)),
        )
        terms[row.contract_id] += (version,)
    return terms


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


def _schedules(connection: sa.Connection, contracts: Iterable[int]) -> defaultdict[tuple[int, int], list[Run]]:
    """(contract, version) -> its runs, in order."""
    runs: defaultdict[tuple[int, int], list[Run]] = defaultdict(list)
    statement = sa.text("""
        select *, count as months from schedule_run where contract_id = any(cast(:contracts as bigint[]))
        order by contract_id, version, first_no""")
    for row in connection.execute(statement, {"contracts": list(contracts)}):
        runs[row.contract_id, row.version].append(
            Run(row.first_no, row.first_due_on, row.due_day, row.months, row.amount_cents, row.tax_cents)
        )
    return runs


def _leases(connection: sa.Connection, contracts: Iterable[int]) -> dict[tuple[int, int], LeaseTerms]:
    """(contract, version) -> what a lease says about its end."""
    rows = connection.execute(
        sa.text("select * from lease_terms where contract_id = any(cast(:contracts as bigint[]))"),
        {"contracts": list(contracts)},
    )
    fields = LeaseTerms.__dataclass_fields__
    return {
        (row["contract_id"], row["version"]): LeaseTerms(**{name: row[name] for name in row if name in fields})
        for row in rows.mappings()
    }
