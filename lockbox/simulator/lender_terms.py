"""The part of a lender's profile that shapes its mail: sites, P.O. boxes, payees and the rules on amounts."""

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
    """One site, and the P.O. box to which the mail of each product is addressed."""

    site_id: str
    time_zone: str
    boxes: dict[str, str]  # product -> box
    towns: dict[str, str]  # product -> where that box is: "Dallas, TX 75265-0805"


@dataclass(frozen=True, slots=True)
class Terms:
    """The part of a lender's profile that shapes its mail."""

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
        InputError: the file is not a profile.
    """
    plain = read_profile(profile)
    products = {box["number"]: box["products"] for box in plain["box"]}
    rules = {rule["rule"]: rule["value"] for rule in plain["policy"]}
    payees: dict[str, tuple[str, ...]] = {}
    for payee in plain["payee"]:
        payees[payee["product"]] = (*payees.get(payee["product"], ()), payee["name"])
    return Terms(
        lender_id=plain["lender"]["id"],
        regular=_site(plain, products, overnight=False),
        overnight=_site(plain, products, overnight=True),
        payees=payees,
        rules=rules_of(plain),
        is_open=mail_calendar_of(plain),
        accept_partial=bool(rules["amount.accept_partial"]),
        underpaid_tolerance_cents=int(rules["amount.underpaid_tolerance_cents"]),
    )


def _site(plain: dict[str, Any], products: dict[str, list[str]], *, overnight: bool) -> SiteTerms:
    """The profile's first site that is, or is not, for overnight mail."""
    site = next(site for site in plain["site"] if site["overnight"] is overnight)
    boxes: dict[str, str] = {}
    for box in site["boxes"]:
        for product in products[box]:
            boxes.setdefault(product, box)
    addresses = {box["number"]: box.get("address", site["address"]) for box in plain["box"]}
    towns = {product: addresses[box].split(", ", 1)[1] for product, box in boxes.items()}
    return SiteTerms(site["id"], site["time_zone"], boxes, towns)
