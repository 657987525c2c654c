"""The lender's profile: sites, payees and dated rules, from a TOML file into the database and back by date."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lockbox import db
from lockbox.account_number import CHECK_DIGITS, NumberRule
from lockbox.business_days import SiteHours
from lockbox.errors import ConflictError, InputError, SettingsError, UsageError
from lockbox.rules import load_rules

LEDGER_ACCOUNTS = {
    "bank.deposits": ("asset", "Deposits sent to the bank"),
    "receivable.principal": ("asset", "Principal owed"),
    "receivable.interest": ("asset", "Interest accrued and owed"),
    "receivable.fee": ("asset", "Fees owed"),
    "receivable.rent": ("asset", "Rent billed and owed"),
    "receivable.tax": ("asset", "Lease taxes billed and owed"),
    "suspense.unidentified": ("liability", "Suspense: nobody known"),
    "suspense.unapplied": ("liability", "Suspense: known, not applied"),
    "liability.sales_tax": ("liability", "Sales tax to pay over"),
    "payable.refund": ("liability", "Refunds to pay out"),
    "income.interest": ("income", "Interest earned"),
    "income.fee": ("income", "Fees earned"),
    "income.rent": ("income", "Rent earned"),
    "expense.waiver": ("expense", "Fees waived"),
    "expense.charge_off": ("expense", "Contracts charged off"),
    "expense.payoff": ("expense", "Let go at payoff, within tolerance"),
    "income.recovery": ("income", "Recovered after charge-off"),
    "transfer.adjustment": ("asset", "Adjustments between checks of a contract, always 0"),
    "equity.opening": ("equity", "Opening balances"),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force for one site on one day. Amounts in cents, chances in parts per million."""

    site_id: str
    overnight: bool
    hours: SiteHours
    payees: tuple[str, ...]
    payee_products: Mapping[str, str]  # payee -> loan or lease
    box_products: Mapping[str, tuple[str, ...]]  # box -> products mailed there
    max_misread_ppm: int
    min_micr_ppm: int
    min_payee_percent: int
    phrase_ppm: int
    letter_phrase_ppm: int
    bad_date_ppm: int
    amounts_differ_ppm: int
    max_amount_cents: int
    underpaid_tolerance_cents: int
    accept_partial: bool
    over_tolerance_cents: int
    stale_months: int
    route_account_unknown: str  # "unidentified" or "review"
    route_flagged: str  # "unapplied" or "review"
    hold_for_set_aside: bool  # whether a site day waits for a batch that could not be used at all
    exception_cents: int  # what it costs that a person looks at an item ...
    misread_cents: int  # ... and that one is posted wrong
    payoff_boxes: tuple[str, ...] = ()  # what comes here is meant to end its contract ...
    payoff_tolerance_cents: int = 0  # ... short by no more, the rest is let go; by more ...
    payoff_short: str = "post"  # ... "review", or "post" as an ordinary payment
    check_digits: str = NumberRule.check_digits
    within_nats: float = NumberRule.within_nats
    ahead_nats: float = NumberRule.ahead_nats
    second_factor_nats: float = NumberRule.second_factor_nats
    misread_ppm_of: Mapping[str, int] = field(default_factory=dict)  # by kind of check, where a kind has its own limit

    @property
    def number_rule(self) -> NumberRule:
        """What holds for the lender's account numbers."""
        return NumberRule(self.check_digits, self.within_nats, self.ahead_nats, self.second_factor_nats)

    def misread_limit_ppm(self, check_kind: str) -> int:
        """How likely wrong a posting of such a check may be."""
        return self.misread_ppm_of.get(check_kind, self.max_misread_ppm)

    @property
    def loosest_misread_ppm(self) -> int:
        """The limit that nothing posted may exceed, whatever its kind."""
        return max(self.max_misread_ppm, *self.misread_ppm_of.values()) if self.misread_ppm_of else self.max_misread_ppm


_RULES = {
    "account.check_digits": "check_digits",
    "account.within_nats": "within_nats",
    "account.ahead_nats": "ahead_nats",
    "account.second_factor_nats": "second_factor_nats",
    "post.max_misread_ppm": "max_misread_ppm",
    "post.min_micr_ppm": "min_micr_ppm",
    "post.min_payee_percent": "min_payee_percent",
    "stop.phrase_ppm": "phrase_ppm",
    "stop.letter_phrase_ppm": "letter_phrase_ppm",
    "stop.bad_date_ppm": "bad_date_ppm",
    "stop.amounts_differ_ppm": "amounts_differ_ppm",
    "post.max_amount_cents": "max_amount_cents",
    "amount.underpaid_tolerance_cents": "underpaid_tolerance_cents",
    "amount.accept_partial": "accept_partial",
    "amount.over_tolerance_cents": "over_tolerance_cents",
    "date.stale_months": "stale_months",
    "route.account_unknown": "route_account_unknown",
    "route.flagged": "route_flagged",
    "payoff.boxes": "payoff_boxes",
    "payoff.tolerance_cents": "payoff_tolerance_cents",
    "payoff.short": "payoff_short",
    "close.hold_for_set_aside": "hold_for_set_aside",
    "cost.exception_cents": "exception_cents",
    "cost.misread_cents": "misread_cents",
}
_OF_KIND = "post.max_misread_ppm."  # followed by a check kind


def policy_on(connection: sa.Connection, site_id: str, day: date) -> Policy:
    """The rules of a site as they stood on a day.

    Raises:
        SettingsError: the site is unknown, or a rule has no value on that day.
    """
    site = connection.execute(
        sa.text("""
            select s.*, c.cut_off, c.open_weekdays, c.calendar
            from site as s join site_cut_off as c using (site_id)
            where s.site_id = :site and c.valid_from <= :day
            order by c.valid_from desc limit 1"""),
        {"site": site_id, "day": day},
    ).mappings()
    found = site.first()
    if found is None:
        raise SettingsError(f"site {site_id}: unknown, or without a cut-off on {day}")
    return Policy(
        site_id=site_id,
        overnight=found["overnight"],
        hours=SiteHours(found["time_zone"], found["cut_off"], tuple(found["open_weekdays"]), found["calendar"]),
        **_payees(connection, found["lender_id"], day),
        **_rules(connection, found["lender_id"], day),
    )


def rule_on(connection: sa.Connection, lender_id: str, rule: str, day: date) -> Any:
    """The value of one rule on a day.

    Raises:
        SettingsError: it has none.
    """
    found = connection.execute(
        sa.text("""
            select value from policy where lender_id = :lender and rule = :rule and valid_from <= :day
            order by valid_from desc limit 1"""),
        {"lender": lender_id, "rule": rule, "day": day},
    ).first()
    if found is None:
        raise SettingsError(f"lender {lender_id}: no value on {day} for {rule}")
    return found.value


def _payees(connection: sa.Connection, lender_id: str, day: date) -> dict[str, Any]:
    rows = connection.execute(
        sa.text("""
            select name, product from payee
            where lender_id = :lender and valid_from <= :day and (valid_to is null or valid_to > :day)
            order by name"""),
        {"lender": lender_id, "day": day},
    ).all()
    return {"payees": tuple(row.name for row in rows), "payee_products": {row.name: row.product for row in rows}}


def _rules(connection: sa.Connection, lender_id: str, day: date) -> dict[str, Any]:
    rows = connection.execute(
        sa.text("""
            select distinct on (rule) rule, value from policy
            where lender_id = :lender and valid_from <= :day order by rule, valid_from desc"""),
        {"lender": lender_id, "day": day},
    )
    found = {row.rule: row.value for row in rows}
    missing = sorted({*_RULES, "box.products"} - set(found))
    if missing:
        raise SettingsError(f"lender {lender_id}: no value on {day} for {', '.join(missing)}")
    mine = {rule: value for rule, value in found.items() if _is_ours(rule)}
    return attributes(mine) | {
        "box_products": {box: tuple(products) for box, products in found["box.products"].items()}
    }


def attributes(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Policy that these rules set, by name.

    Raises:
        SettingsError: a rule that we do not know, or check digits that we do not know.
    """
    if rules.get("account.check_digits", "none") not in CHECK_DIGITS:
        raise SettingsError(
            f"account.check_digits: {rules['account.check_digits']!r}: known are {', '.join(sorted(CHECK_DIGITS))}"
        )
    found: dict[str, Any] = {}
    for rule, value in rules.items():
        if rule in _RULES:
            found[_RULES[rule]] = value
        elif rule.startswith(_OF_KIND):
            found["misread_ppm_of"] = {**found.get("misread_ppm_of", {}), rule.removeprefix(_OF_KIND): value}
        else:
            raise SettingsError(f"{rule}: no such rule; known are {', '.join(sorted(_RULES))} and {_OF_KIND}KIND")
    return found


def parse_rules(words: Iterable[str]) -> dict[str, Any]:
    """Rules from RULE=VALUE as typed, values as in JSON, plain words as they are.

    Raises:
        UsageError: no "=".
    """
    rules = {}
    for word in words:
        rule, equals, value = word.partition("=")
        if not equals:
            raise UsageError(f"{word!r} is not RULE=VALUE (post.max_misread_ppm=200)")
        try:
            rules[rule.strip()] = json.loads(value)
        except ValueError:
            rules[rule.strip()] = value.strip()
    return rules


def rules_on(path: Path, day: date) -> dict[str, Any]:
    """The rules of a profile file as they stand on a day, by name.

    Raises:
        InputError: not a profile.
    """
    rows = sorted(read_profile(path)["policy"], key=lambda row: str(row["valid_from"]))
    return {row["rule"]: row["value"] for row in rows if row["valid_from"] <= day and _is_ours(row["rule"])}


def _is_ours(rule: str) -> bool:
    return rule in _RULES or rule.startswith(_OF_KIND)


def read_profile(path: Path) -> dict[str, Any]:
    """The profile file as it stands.

    Raises:
        InputError: not there, not TOML, or without lender or sites.
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
    """The sites a profile names, in its order; cheap enough for a DAG file."""
    return [site["id"] for site in read_profile(path)["site"]]


def load_profile(connection: sa.Connection, path: Path) -> None:
    """Writes a profile into the database. A dated row that is there stays as it is: rules change by new rows.

    Raises:
        InputError: the file is not a profile.
        ConflictError: a dated row has another value than the database; names the rule and the day.
    """
    profile = read_profile(path)
    lender = profile["lender"]
    connection.execute(
        sa.text("insert into lender values (:id, :name) on conflict (lender_id) do update set name = excluded.name"),
        lender,
    )
    for site in profile["site"]:
        _load_site(connection, lender["id"], site)
    for payee in profile["payee"]:
        connection.execute(
            sa.text("""
                insert into payee (lender_id, name, product, valid_from, valid_to)
                values (:lender, :name, :product, :valid_from, :valid_to) on conflict do nothing"""),
            {"valid_to": None, **payee, "lender": lender["id"]},
        )
    boxes = {box["number"]: box["products"] for box in profile.get("box", [])}
    addresses = {box["number"]: box["address"] for box in profile.get("box", []) if "address" in box}
    first = min(rule["valid_from"] for rule in profile["policy"])
    made = {"box.products": boxes, "box.addresses": addresses}
    for rule in [*profile["policy"], *({"rule": name, "valid_from": first, "value": made[name]} for name in made)]:
        _load_rule(connection, lender["id"], rule, path)
    load_rules(connection, profile, path)
    _load_accounts(connection, [site["id"] for site in profile["site"]])


def _load_site(connection: sa.Connection, lender_id: str, site: Mapping[str, Any]) -> None:
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
        connection.execute(
            sa.text("""
                insert into site_cut_off (site_id, valid_from, cut_off, open_weekdays, calendar)
                values (:site, :valid_from, :time, :weekdays, :calendar) on conflict do nothing"""),
            {**row, "time": time.fromisoformat(row["time"]), "site": site["id"]},
        )


def _load_rule(connection: sa.Connection, lender_id: str, rule: Mapping[str, Any], path: Path) -> None:
    key = {"lender": lender_id, "rule": rule["rule"], "valid_from": rule["valid_from"]}
    connection.execute(
        sa.text("""
            insert into policy (lender_id, rule, valid_from, value, source)
            values (:lender, :rule, :valid_from, cast(:value as jsonb), :source) on conflict do nothing"""),
        {**key, "value": json.dumps(rule["value"]), "source": rule.get("source", "")},
    )
    stands = connection.execute(
        sa.text("select value from policy where lender_id = :lender and rule = :rule and valid_from = :valid_from"), key
    ).scalar_one()
    if stands != rule["value"]:
        raise ConflictError(
            f"{path}: {rule['rule']} from {rule['valid_from']} is {stands!r} in the database, not {rule['value']!r}; "
            "a rule changes by a new row with a later date"
        )


def _load_accounts(connection: sa.Connection, sites: list[str]) -> None:
    accounts = LEDGER_ACCOUNTS | {f"clearing.{site}": ("asset", f"Clearing, {site.title()}") for site in sites}
    with db.copy_into(connection, "new_account", ("account", "kind", "name")) as rows:
        connection.execute(sa.text("create temp table new_account (account text, kind text, name text) on commit drop"))
        rows.extend((account, kind, name) for account, (kind, name) in accounts.items())
    connection.execute(
        sa.text("insert into ledger_account select account, kind, name from new_account on conflict do nothing")
    )
