"""What the lender's papers carry on a day: name, contact, addresses to pay to, information; from dated rows."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa

from lockbox.customer.mail_piece import Mailer
from lockbox.customer.statement import Letterhead, MailTo, Words
from lockbox.errors import SettingsError
from lockbox.lender.dated_rules import rule_on


def sender_on(connection: sa.Connection, lender_id: str, product: str, day: date) -> Letterhead:
    """The sender of papers about a product ("loan" or "lease").

    Raises:
        SettingsError: a rule has no value on the day, or no site takes the product's mail.
    """
    name = connection.execute(sa.text("select name from lender where lender_id = :id"), {"id": lender_id}).scalar()
    if name is None:
        raise SettingsError(f"{lender_id}: no such lender")
    mail, overnight = _remittance(connection, lender_id, product, day)
    told = rule_on(connection, lender_id, "paper.information", day)
    return Letterhead(
        name=name,
        contact=rule_on(connection, lender_id, "paper.contact", day),
        return_lines=tuple(rule_on(connection, lender_id, "paper.return_address", day)),
        mail=mail,
        overnight=overnight,
        information=tuple(Words(one["heading"], one["text"]) for one in told if product in one["products"]),
        electronic=rule_on(connection, lender_id, "paper.electronic", day),
    )


def payoff_mail_on(connection: sa.Connection, lender_id: str, product: str, day: date) -> tuple[MailTo, MailTo]:
    """Where a payoff is sent by mail, and overnight."""
    one = rule_on(connection, lender_id, "payoff.mail", day)[product]
    return MailTo(one["payee"], address(one["mail"])), MailTo(one["payee"], address(one["overnight"]))


def mailer_on(connection: sa.Connection, lender_id: str, day: date) -> Mailer:
    """How the Postal Service knows the lender."""
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
    addresses = rule_on(connection, lender_id, "box.addresses", day)
    sites = connection.execute(
        sa.text("select address, boxes, overnight from site where lender_id = :lender order by site_id"),
        {"lender": lender_id},
    ).all()
    found: dict[bool, str] = {}
    for site in sites:
        boxes = [box for box in site.boxes if product in products.get(box, ())]
        # Of several boxes, the one for this product alone.
        for box in sorted(boxes, key=lambda one: len(products[one])):
            found.setdefault(site.overnight, site.address if site.overnight else addresses.get(box, site.address))
    if payee is None or set(found) != {False, True}:
        raise SettingsError(
            f"lender {lender_id}: no payee, or no address for regular and overnight mail, for {product}"
        )
    return MailTo(payee, address(found[False])), MailTo(payee, address(found[True]))
