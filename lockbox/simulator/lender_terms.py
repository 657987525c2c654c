"""What the lender's profile says that shapes its mail: sites, boxes, payees and what is taken as it comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lockbox.contract.grace import IsOpen
from lockbox.contract.terms import Rules
from lockbox.lender.profile import read_profile
from lockbox.lender.profile_rules import mail_calendar_of, rules_of


@dataclass(frozen=True, slots=True)
class SiteTerms:
    """One site: where its mail is addressed to, by product."""

    site_id: str
    time_zone: str
    town: str  # "Dallas, TX 75265-0805"
    boxes: dict[str, str]  # product -> box


@dataclass(frozen=True, slots=True)
class Terms:
    """What the lender's profile says that shapes its mail."""

    lender_id: str
    regular: SiteTerms
    overnight: SiteTerms
    payees: dict[str, tuple[str, ...]]  # product -> accepted names, the usual one first
    rules: Rules
    is_open: IsOpen
    accept_partial: bool = True
    underpaid_tolerance_cents: int = 500


def terms_of(profile: Path) -> Terms:
    """The terms in a profile file.

    Raises:
        InputError: not a profile.
    """
    plain = read_profile(profile)
    products = {box["number"]: box["products"] for box in plain["box"]}
    rules = {rule["rule"]: rule["value"] for rule in plain["policy"]}
    payees: dict[str, tuple[str, ...]] = {}
    for payee in plain["payee"]:
        payees[payee["product"]] = (*payees.get(payee["product"], ()), payee["name"])
    regular, overnight = (next(s for s in plain["site"] if s["overnight"] is wanted) for wanted in (False, True))
    return Terms(
        plain["lender"]["id"],
        _site(regular, products),
        _site(overnight, products),
        payees,
        rules_of(plain),
        mail_calendar_of(plain),
        bool(rules["amount.accept_partial"]),
        int(rules["amount.underpaid_tolerance_cents"]),
    )


def _site(plain: dict[str, Any], products: dict[str, list[str]]) -> SiteTerms:
    boxes: dict[str, str] = {}
    for box in plain["boxes"]:
        for product in products[box]:
            boxes.setdefault(product, box)
    return SiteTerms(plain["id"], plain["time_zone"], plain["address"].split(", ", 1)[1], boxes)
