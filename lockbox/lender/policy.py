"""The rules in force for one site on one day, as one value."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lockbox.business_days import SiteHours
from lockbox.errors import SettingsError, UsageError
from lockbox.lender.account_number import CHECK_DIGITS, NumberRule


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
    instruction_ppm: int  # the chance of an instruction from which on a person looks ...
    min_instruction_ppm: int  # ... and from which on it is followed
    max_amount_cents: int
    underpaid_tolerance_cents: int
    accept_partial: bool
    over_tolerance_cents: int
    stale_months: int
    route_account_unknown: str  # "unidentified" or "review"
    route_flagged: str  # "unapplied" or "review"
    open_differences_after: Mapping[str, str]  # site, or "*" -> hour (HH:MM) from which a day closes with differences
    intake_days_ahead: int  # a business date that lies further after the day of its delivery is not believed ...
    intake_days_behind: int  # ... nor one that lies further before it
    receipt_days_after: int  # nor a receipt that lies further after its business date ...
    receipt_days_before: int  # ... or before it
    clock_minutes: int  # nor one that lies further after now
    untaken_minutes: int  # what lies in the inbox for so long and is not taken in is told of
    envelopes_in_order: Mapping[str, bool]  # site, or "*" -> whether its envelopes are scanned one after the other
    accept_test_files: Mapping[str, bool]  # site, or "*" -> whether it takes bank files that say they are a test
    incomplete_minutes: int  # how long a delivery with its marker waits for the files that its index names
    exception_cents: int  # cost of one item that a person looks at ...
    misread_cents: int  # ... and of one that is posted wrong
    payoff_boxes: tuple[str, ...] = ()  # payments sent here are meant to pay off their contract ...
    payoff_tolerance_cents: int = 0  # ... a shortage up to this is written off; a larger one goes to ...
    payoff_short: str = "post"  # ... "review", or "post" as an ordinary payment
    check_digits: str = NumberRule.check_digits
    within_nats: float = NumberRule.within_nats
    ahead_nats: float = NumberRule.ahead_nats
    second_factor_nats: float = NumberRule.second_factor_nats
    second_person: Mapping[str, int] = field(default_factory=dict)  # outcome -> cents from which a second one confirms
    double_key_cents: int | None = None  # from which two people key it; None: never
    lease_minutes: int = 15  # for which a person has an item
    misread_ppm_of: Mapping[str, int] = field(default_factory=dict)  # by kind of check, where a kind has its own limit

    @property
    def number_rule(self) -> NumberRule:
        """The rule for the lender's account numbers."""
        return NumberRule(self.check_digits, self.within_nats, self.ahead_nats, self.second_factor_nats)

    def holds_here(self, by_site: Mapping[str, bool]) -> bool:
        """What a rule says for the site of this policy; no, if it names neither the site nor "*"."""
        return by_site.get(self.site_id, by_site.get("*", False))

    def open_differences_at(self, day: date) -> datetime | None:
        """From when on a site day closes although differences are open; None: only once a person accepted all of them.

        The rule's hour is the first one after the cut-off: before it on the clock is in the night after.
        """
        hour = self.open_differences_after.get(self.site_id, self.open_differences_after.get("*"))
        if hour is None:
            return None
        at = datetime.combine(day, time.fromisoformat(hour), ZoneInfo(self.hours.time_zone))
        return at if at > self.hours.cut_off_at(day) else at + timedelta(days=1)

    def misread_limit_ppm(self, check_kind: str) -> int:
        """The highest chance of a misread at which a check of this kind may post."""
        return self.misread_ppm_of.get(check_kind, self.max_misread_ppm)

    @property
    def loosest_misread_ppm(self) -> int:
        """The limit that no posting may exceed, whatever its kind."""
        return max(self.max_misread_ppm, *self.misread_ppm_of.values()) if self.misread_ppm_of else self.max_misread_ppm


POLICY_RULES = {
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
    "stop.instruction_ppm": "instruction_ppm",
    "post.min_instruction_ppm": "min_instruction_ppm",
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
    "close.open_differences_after": "open_differences_after",
    "intake.days_ahead": "intake_days_ahead",
    "intake.days_behind": "intake_days_behind",
    "intake.receipt_days_after": "receipt_days_after",
    "intake.receipt_days_before": "receipt_days_before",
    "intake.clock_minutes": "clock_minutes",
    "intake.untaken_minutes": "untaken_minutes",
    "intake.envelopes_in_order": "envelopes_in_order",
    "intake.accept_test_files": "accept_test_files",
    "intake.incomplete_minutes": "incomplete_minutes",
    "exceptions.second_person": "second_person",
    "exceptions.double_key_cents": "double_key_cents",
    "exceptions.lease_minutes": "lease_minutes",
    "cost.exception_cents": "exception_cents",
    "cost.misread_cents": "misread_cents",
}
SITE_SWITCHES = ("intake.envelopes_in_order", "intake.accept_test_files")
_OF_KIND = "post.max_misread_ppm."  # followed by a check kind


def attributes(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a Policy that these rules set, by name.

    Raises:
        SettingsError: an unknown rule, unknown check digits, hours that are none, or a switch that is no switch.
    """
    if rules.get("account.check_digits", "none") not in CHECK_DIGITS:
        raise SettingsError(
            f"account.check_digits: {rules['account.check_digits']!r}: known are {', '.join(sorted(CHECK_DIGITS))}"
        )
    _ensure_hours(rules.get("close.open_differences_after", {}))
    for rule in SITE_SWITCHES:
        _ensure_switches(rule, rules.get(rule, {}))
    fields: dict[str, Any] = {}
    for rule, value in rules.items():
        if rule in POLICY_RULES:
            fields[POLICY_RULES[rule]] = value
        elif rule.startswith(_OF_KIND):
            fields["misread_ppm_of"] = {**fields.get("misread_ppm_of", {}), rule.removeprefix(_OF_KIND): value}
        else:
            raise SettingsError(f"{rule}: no such rule; known are {', '.join(sorted(POLICY_RULES))} and {_OF_KIND}KIND")
    return fields


def _ensure_hours(hours: object) -> None:
    try:
        for hour in dict(hours).values():  # type: ignore[call-overload]
            time.fromisoformat(hour)
    except (TypeError, ValueError) as error:
        raise SettingsError(
            f"close.open_differences_after: {hours!r}: give an hour (HH:MM) for each site, or for '*'"
        ) from error


def _ensure_switches(rule: str, switches: object) -> None:
    if not isinstance(switches, Mapping) or not all(isinstance(value, bool) for value in switches.values()):
        raise SettingsError(f"{rule}: {switches!r}: give true or false for each site, or for '*'")


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


def is_policy_rule(rule: str) -> bool:
    """Whether a rule of this name is a field of a Policy."""
    return rule in POLICY_RULES or rule.startswith(_OF_KIND)
