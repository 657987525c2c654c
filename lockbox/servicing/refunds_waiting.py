"""What is payable to customers and not proposed yet, shell: until when it is held, or why else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.lender.dated_rules import lender_day, rule_on
from lockbox.money import dollars
from lockbox.servicing.record import last_night


@dataclass(frozen=True, slots=True)
class WaitingRefund:
    """Money payable on a contract that no open refund stands for."""

    account_number: str
    amount_cents: int
    held_until: date | None
    why: str


def waiting_refunds(connection: sa.Connection, lender_id: str, as_of: datetime) -> list[WaitingRefund]:
    """What waits on the day under way, by account."""
    night = last_night(connection)
    day = night + timedelta(1) if night else lender_day(connection, lender_id, as_of)
    hold, smallest = (rule_on(connection, lender_id, f"refund.{name}", day) for name in ("hold_days", "smallest_cents"))
    rows = db.rows(connection, "queries/refunds_waiting", lender_id=lender_id, day=day, hold=json.dumps(hold))
    return [
        WaitingRefund(row["account_number"], row["refund_cents"], row["held_until"], _why(row, int(smallest)))
        for row in rows
    ]


def _why(row: sa.RowMapping, smallest_cents: int) -> str:
    if row["is_charged_off"]:
        return "charged off: a recovery takes it, or a person proposes it"
    if row["flags"]:
        return f"stopped by {', '.join(row['flags'])}: a person proposes it"
    if row["owed_cents"]:
        return f"the contract owes {dollars(row['owed_cents'])}, which a night takes out of it first"
    if row["to_reissue"]:
        return f"refund {row['to_reissue']} did not reach its payee: reissue it"
    if row["held_until"]:
        return "a payment may come back"
    if row["refund_cents"] < smallest_cents:
        return f"less than {dollars(smallest_cents)}: paid out on request"
    return "the next night proposes it"
