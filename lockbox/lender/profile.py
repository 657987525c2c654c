"""The lender's profile: sites, payees and dated rules, from a TOML file into the database."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lockbox.errors import ConflictError, InputError
from lockbox.lender.alert_routes import routes_of
from lockbox.lender.policy import is_policy_rule
from lockbox.lender.profile_rules import add_rule, load_rules

LEDGER_ACCOUNTS = {
    "bank.deposits": ("asset", "Bank deposits"),
    "bank.disbursements": ("asset", "Bank disbursements"),
    "receivable.principal": ("asset", "Principal receivable"),
    "receivable.interest": ("asset", "Accrued interest receivable"),
    "receivable.fee": ("asset", "Fees receivable"),
    "receivable.rent": ("asset", "Rent receivable"),
    "receivable.tax": ("asset", "Lease taxes receivable"),
    "suspense.unidentified": ("liability", "Unidentified receipts"),
    "suspense.unapplied": ("liability", "Unapplied receipts"),
    "liability.sales_tax": ("liability", "Sales tax payable"),
    "payable.refund": ("liability", "Customer refunds payable"),
    "payable.refund_outstanding": ("liability", "Customer refunds issued and not cleared"),
    "payable.sender_refund": ("liability", "Unidentified receipts to be paid back to their senders"),
    "income.interest": ("income", "Interest income"),
    "income.fee": ("income", "Fee income"),
    "income.rent": ("income", "Rent income"),
    "expense.waiver": ("expense", "Fees waived"),
    "expense.interest_waiver": ("expense", "Interest waived"),
    "expense.charge_off.principal": ("expense", "Charge-offs: principal"),
    "income.charge_off.interest": ("income", "Charge-offs: interest taken out of income"),
    "income.charge_off.fee": ("income", "Charge-offs: fees taken out of income"),
    "income.charge_off.rent": ("income", "Charge-offs: rent taken out of income"),
    "expense.charge_off.tax": ("expense", "Charge-offs: lease taxes"),
    "expense.payoff": ("expense", "Payoff shortages waived"),
    "income.recovery": ("income", "Recoveries on charge-offs"),
    "transfer.adjustment": ("asset", "Transfers between payments (always 0)"),
    "equity.opening": ("equity", "Opening balances"),
}


def rules_on(path: Path, day: date) -> dict[str, Any]:
    """The rules of a profile file on a day, by name.

    Raises:
        InputError: not a profile.
    """
    rows = sorted(read_profile(path)["policy"], key=lambda row: str(row["valid_from"]))
    return {row["rule"]: row["value"] for row in rows if row["valid_from"] <= day and is_policy_rule(row["rule"])}


def read_profile(path: Path) -> dict[str, Any]:
    """The content of a profile file.

    Raises:
        InputError: missing, not TOML, or without lender or sites.
    """
    try:
        profile = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"not a profile: {error}", file=str(path)) from error
    for table in ("lender", "site", "payee", "policy"):
        if table not in profile:
            raise InputError("missing", file=str(path), field=table)
    return profile


def site_ids(path: Path) -> list[str]:
    """The sites of a profile, in its order; cheap enough for a DAG file."""
    return [site["id"] for site in read_profile(path)["site"]]


def load_profile(connection: sa.Connection, path: Path) -> None:
    """Writes a profile into the database. Existing dated rows stay as they are: rules change by new rows.

    Raises:
        InputError: the file is not a profile.
        ConflictError: a dated row has another value in the database; names the rule and the day.
    """
    profile = read_profile(path)
    lender = profile["lender"]
    connection.execute(
        sa.text("insert into lender values (:id, :name) on conflict (lender_id) do update set name = excluded.name"),
        lender,
    )
    for site in profile["site"]:
        _load_site(connection, lender["id"], site, path)
    for payee in profile["payee"]:
        _load_payee(connection, {"valid_to": None, **payee, "lender_id": lender["id"]}, path)
    _load_policies(connection, lender["id"], [*profile["policy"], *_implied_rules(profile)], path)
    load_rules(connection, profile, path)
    _load_accounts(connection, [site["id"] for site in profile["site"]])


def _implied_rules(profile: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What customers' papers show of the lender, its boxes and its sites, as dated rules.

    A paper is made again as it was, so none of this may change under a date that has passed: a new name or address
    is a [[policy]] row of the same rule with a later date.
    """
    first = min(rule["valid_from"] for rule in profile["policy"])
    boxes = profile.get("box", [])
    yield {"rule": "lender.name", "valid_from": first, "value": profile["lender"]["name"]}
    yield {"rule": "box.products", "valid_from": first, "value": {box["number"]: box["products"] for box in boxes}}
    addresses = {box["number"]: box["address"] for box in boxes if "address" in box}
    yield {"rule": "box.addresses", "valid_from": first, "value": addresses}
    for site in profile["site"]:
        since = min(cut_off["valid_from"] for cut_off in site["cut_off"])
        mail = {name: site[name] for name in ("address", "boxes", "overnight")}
        yield {"rule": f"site.{site['id']}", "valid_from": since, "value": mail}


def _load_site(connection: sa.Connection, lender_id: str, site: Mapping[str, Any], path: Path) -> None:
    owner = connection.execute(sa.text("select lender_id from site where site_id = :id"), {"id": site["id"]}).scalar()
    if owner not in (None, lender_id):
        raise ConflictError(
            f"{path}: site {site['id']} of {lender_id} is a site of {owner} in this database: nothing was loaded. Give "
            "it another id, or each lender its own LOCKBOX_HOME"
        )
    connection.execute(
        sa.text("""
            insert into site (site_id, lender_id, name, address, time_zone, boxes, overnight)
            values (:id, :lender, :name, :address, :time_zone, :boxes, :overnight)
            on conflict (site_id) do update set name = excluded.name, address = excluded.address,
                time_zone = excluded.time_zone, boxes = excluded.boxes, overnight = excluded.overnight"""),
        {key: site[key] for key in ("id", "name", "address", "time_zone", "boxes", "overnight")}
        | {"lender": lender_id},
    )
    for row in site["cut_off"]:
        hours = {
            "cut_off": time.fromisoformat(row["time"]),
            "open_weekdays": f"{{{','.join(map(str, row['weekdays']))}}}",
        }
        dated = {"site_id": site["id"], "valid_from": row["valid_from"], "calendar": row["calendar"]}
        add_rule(connection, "site_cut_off", hours | dated, f"{path}: cut-off of {site['id']} from {row['valid_from']}")


def _load_payee(connection: sa.Connection, payee: Mapping[str, Any], path: Path) -> None:
    """Adds a name that checks may be made out to. One without a last day may get one; nothing else changes."""
    connection.execute(
        sa.text("""
            update payee set valid_to = :valid_to
            where (lender_id, name, product, valid_from) = (:lender_id, :name, :product, :valid_from)
                and valid_to is null"""),
        payee,
    )
    add_rule(connection, "payee", payee, f"{path}: payee {payee['name']} from {payee['valid_from']}")


def _load_policies(
    connection: sa.Connection, lender_id: str, policies: Sequence[Mapping[str, Any]], path: Path
) -> None:
    for policy in policies:
        if policy["rule"] == "alert.routes":
            routes_of(policy["value"], str(path))
    rows = [
        {name: policy.get(name, "") for name in ("rule", "value", "source")} | {"valid_from": str(policy["valid_from"])}
        for policy in policies
    ]
    connection.execute(
        sa.text("""
            insert into policy (lender_id, rule, valid_from, value, source)
            select :lender, p.rule, p.valid_from, p.value, p.source
            from jsonb_to_recordset(cast(:rows as jsonb)) as p (rule text, valid_from date, value jsonb, source text)
            on conflict do nothing"""),
        {"lender": lender_id, "rows": json.dumps(rows)},
    )
    in_database = connection.execute(
        sa.text("select rule, valid_from, value from policy where lender_id = :lender"), {"lender": lender_id}
    )
    stored = {(row.rule, row.valid_from): row.value for row in in_database}
    for policy in policies:
        value = stored[policy["rule"], policy["valid_from"]]
        if value != policy["value"]:
            raise ConflictError(
                f"{path}: {policy['rule']} from {policy['valid_from']} is {value!r} in the database, not "
                f"{policy['value']!r}; a rule changes by a new row with a later date"
            )


def _load_accounts(connection: sa.Connection, sites: list[str]) -> None:
    accounts = LEDGER_ACCOUNTS | {f"clearing.{site}": ("asset", f"Clearing, {site.title()}") for site in sites}
    connection.execute(
        sa.text("""
            insert into ledger_account (account, kind, name) values (:account, :kind, :name)
            on conflict (account) do update set name = excluded.name where ledger_account.name <> excluded.name"""),
        [{"account": account, "kind": kind, "name": name} for account, (kind, name) in accounts.items()],
    )
