"""Letters to senders of papers that go back, shell: those on the pull list, as they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from lockbox.customer.rejection_letter import RejectionLetter
from lockbox.customer.statement import Recipient
from lockbox.customer.stationery import sender_on
from lockbox.lender.dated_rules import lender_day, lender_zone, rule_on


def load_rejections(connection: sa.Connection, recipient_ids: Sequence[int]) -> dict[int, RejectionLetter]:
    """The letters, each as the paper was addressed, in the lender's letterhead of that day."""
    rows = connection.execute(
        sa.text("""
            select r.recipient_id, r.name, r.address, r.given_at, e.reasons, d.kind, d.amount_cents, s.lender_id, b.box,
                b.business_date,
                b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as reference
            from pull_recipient as r
            join pull_entry as e using (entry_no)
            join decision as d on e.decision_id = d.decision_id
            join item as i on e.item_id = i.item_id
            join batch as b on i.batch_id = b.batch_id
            join site as s on b.site_id = s.site_id
            where r.recipient_id = any(:recipients)"""),
        {"recipients": list(recipient_ids)},
    ).mappings()
    return {row["recipient_id"]: _letter(connection, row) for row in rows.all()}


def unprinted_rejections(connection: sa.Connection, lender_id: str, day: date) -> list[int]:
    """The recipients, up to a day, of papers that are to be returned or were, and have no letter yet; by ZIP code."""
    statement = sa.text("""
        select p.recipient_id
        from pull_list as p
        join site as s on p.site_id = s.site_id
        join pull_recipient as r on p.recipient_id = r.recipient_id
        where s.lender_id = :lender and p.action = 'return' and p.state <> 'withdrawn'
            and (r.given_at at time zone :zone)::date <= :day
            and not exists (select from rejection_piece as x where x.recipient_id = p.recipient_id)
        order by substring(p.to_address[cardinality(p.to_address)] from '([0-9]{5})(?:-?[0-9]{4})?\\s*$'),
            p.recipient_id""")
    zone = lender_zone(connection, lender_id).key
    return list(connection.execute(statement, {"lender": lender_id, "day": day, "zone": zone}).scalars())


def _letter(connection: sa.Connection, row: sa.RowMapping) -> RejectionLetter:
    lender_id = row["lender_id"]
    made_on = lender_day(connection, lender_id, row["given_at"])
    products = rule_on(connection, lender_id, "box.products", made_on).get(row["box"]) or ["loan"]
    return RejectionLetter(
        sender=sender_on(connection, lender_id, products[0], made_on),
        recipient=Recipient(row["name"], tuple(row["address"]), "", products[0]),
        made_on=made_on,
        reference=row["reference"],
        received_on=row["business_date"],
        is_check=row["kind"] in ("check", "other"),
        amount_cents=row["amount_cents"],
        reasons=tuple(row["reasons"]),
    )
