"""What the lender's papers show on a day: name, contact, payment addresses, information; from dated rows."""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa

from lockbox.customer.mail_piece import Mailer
from lockbox.customer.statement import Letterhead, MailTo, Words
from lockbox.errors import SettingsError
from lockbox.lender.dated_rules import rule_on, rules_under


def sender_on(connection: sa.Connection, lender_id: str, product: str, day: date) -> Letterhead:
    """The sender of papers about a product ("loan" or "lease").

    Raises:
        SettingsError: a rule has no value on the day, or no site takes the product's mail.
    """

    def rule(name: str) -> Any:
        return rule_on(connection, lender_id, name, day)

    mail, overnight = _remittance(connection, lender_id, product, day)
    return Letterhead(
        name=rule("lender.name"),
        contact=rule("paper.contact"),
        return_lines=tuple(rule("paper.return_address")),
        mail=mail,
        overnight=overnight,
        information=tuple(
            Words(section["heading"], section["text"])
            for section in rule("paper.information")
            if product in section["products"]
        ),
        electronic=rule("paper.electronic"),
    )


def payoff_mail_on(connection: sa.Connection, lender_id: str, product: str, day: date) -> tuple[MailTo, MailTo]:
    """Where a payoff goes by regular mail, and overnight."""
    payoff = rule_on(connection, lender_id, "payoff.mail", day)[product]
    return MailTo(payoff["payee"], address(payoff["mail"])), MailTo(payoff["payee"], address(payoff["overnight"]))


def mailer_on(connection: sa.Connection, lender_id: str, day: date) -> Mailer:
    """How the Postal Service identifies the lender."""
    return Mailer(**rule_on(connection, lender_id, "mail.barcode", day))


def address(text: str) -> tuple[str, ...]:
    """ "P.O. Box 1, Dallas, TX 75265" as street lines and the line of city, state and ZIP code."""
    parts = [part.strip() for part in text.split(",")]
    return (*parts[:-2], ", ".join(parts[-2:])) if len(parts) > 2 else tuple(parts)


def _remittance(connection: sa.Connection, lender_id: str, product: str, day: date) -> tuple[MailTo, MailTo]:
    """The box that takes the product's mail, and the street address that takes what comes overnight."""
    payee = connection.execute(
        sa.text("""
            select name from payee
            where lender_id = :lender and product = :product and valid_from <= :day
                and (valid_to is null or valid_to > :day)
            order by payee_id limit 1"""),
        {"lender": lender_id, "product": product, "day": day},
    ).scalar()
    products = rule_on(connection, lender_id, "box.products", day)
    box_addresses = rule_on(connection, lender_id, "box.addresses", day)
    address_of: dict[bool, str] = {}  # by whether it takes overnight mail
    for site in rules_under(connection, lender_id, "site.", day).values():
        boxes = [box for box in site["boxes"] if product in products.get(box, ())]
        # Of several boxes, the one for this product alone.
        for box in sorted(boxes, key=lambda box: len(products[box])):
            street = site["address"]
            address_of.setdefault(site["overnight"], street if site["overnight"] else box_addresses.get(box, street))
    if payee is None or set(address_of) != {False, True}:
        raise SettingsError(
            f"lender {lender_id}: no payee, or no address for regular and overnight mail, for {product}"
        )
    return MailTo(payee, address(address_of[False])), MailTo(payee, address(address_of[True]))
