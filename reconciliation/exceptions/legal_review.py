"""What legal says of a check that may be meant to settle a debt (UCC 3-311): deposit it, or return it uncollected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

import sqlalchemy as sa

from lockbox.errors import InputError
from reconciliation.exceptions.resolution import OpenItem

Word = Literal["deposit", "return"]


@dataclass(frozen=True, slots=True)
class LegalReview:
    """Who with direct responsibility knew what of the tender before collection (3-311(d)), and legal's word on it."""

    word: Word
    known_by: str  # "nobody" if nobody knew
    known_what: str
    known_on: date


@dataclass(frozen=True, slots=True)
class RecordedReview:
    """A review as it is on record, with the address at which the check came."""

    word: str
    known_by: str
    known_what: str
    known_on: date
    box: str
    is_disputes_address: bool
    reviewer: str
    reviewed_at: datetime


def review(connection: sa.Connection, item: OpenItem, statement: LegalReview, reviewer: str, as_of: datetime) -> int:
    """Puts a review on record; gives its number. A later one of the same check counts instead.

    Raises:
        InputError: not a check, a day to come, or who knew what is not said.
        Refused: its deposit is proposed already, or it does not wait.
    """
    if not item.is_money:
        raise InputError(f"legal reviews checks, not a {item.kind}", record=item.name, field="kind")
    for field, value in (("known-by", statement.known_by), ("known", statement.known_what)):
        if not value.strip():
            raise InputError("say who knew what of the tender, or that nobody did", record=item.name, field=field)
    if statement.known_on > as_of.date():
        raise InputError(f"{statement.known_on} is to come", record=item.name, field="known-on")
    return int(
        connection.execute(
            sa.text("select review_item(:item, :word, :who, :what, :day, :person, :as_of)"),
            {
                "item": item.item_id,
                "word": statement.word,
                "who": statement.known_by.strip(),
                "what": statement.known_what.strip(),
                "day": statement.known_on,
                "person": reviewer,
                "as_of": as_of,
            },
        ).scalar_one()
    )


def reviews(connection: sa.Connection, item_id: int) -> list[RecordedReview]:
    """All reviews of a check, oldest first; the last one counts."""
    rows = connection.execute(
        sa.text("""
            select word, known_by, known_what, known_on, box, is_disputes_address, reviewer, reviewed_at
            from legal_review where item_id = :item order by review_id"""),
        {"item": item_id},
    )
    return [RecordedReview(**row) for row in rows.mappings()]
