"""Letters to owners of unclaimed money, shell: those that are planned, as they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from lockbox.customer.owner_letter import OwnerLetter
from lockbox.customer.statement import Recipient
from lockbox.customer.stationery import sender_on


def load_letters(connection: sa.Connection, letter_ids: Sequence[int]) -> dict[int, OwnerLetter]:
    """The letters as they were planned, in the lender's letterhead of their day."""
    rows = connection.execute(
        sa.text("""
            select l.*, c.account_number, c.product, c.lender_id
            from owner_letter as l join contract as c using (contract_id)
            where l.letter_id = any(:letters)"""),
        {"letters": list(letter_ids)},
    ).mappings()
    return {row["letter_id"]: _letter(connection, row) for row in rows.all()}


def unprinted(connection: sa.Connection, lender_id: str, day: date) -> list[int]:
    """The letters that were not printed and whose money was not claimed meanwhile, in the order of their ZIP codes."""
    statement = sa.text("""
        select l.letter_id
        from owner_letter as l
        join unclaimed_money(:lender, cast(:day as date)) as u
            on l.contract_id = u.contract_id and l.refund_no is not distinct from u.refund_no
                and l.since_on = u.since_on
        where l.made_on <= :day and not exists (select from letter_piece as p where p.letter_id = l.letter_id)
        order by substring(l.payee_address[cardinality(l.payee_address)] from '([0-9]{5})(?:-?[0-9]{4})?\\s*$'),
            l.letter_id""")
    return list(connection.execute(statement, {"lender": lender_id, "day": day}).scalars())


def _letter(connection: sa.Connection, row: sa.RowMapping) -> OwnerLetter:
    to = Recipient(row["payee_name"], tuple(row["payee_address"]), row["account_number"], row["product"])
    return OwnerLetter(
        sender=sender_on(connection, row["lender_id"], row["product"], row["made_on"]),
        recipient=to,
        made_on=row["made_on"],
        amount_cents=row["amount_cents"],
        refund_no=row["refund_no"],
        method=row["method"] or "",
        since_on=row["since_on"],
        goes_on=row["goes_on"],
    )
