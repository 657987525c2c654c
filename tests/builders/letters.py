"""Envelopes with letters: a letter in review, alone or with a check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa

from lockbox.contract.position import opened
from lockbox.mail.decision import Outcome
from lockbox.runtime import Runtime
from ocr.reading import DocumentKind
from reconciliation.exceptions.letter_effect import Effect, new_flag
from reconciliation.exceptions.resolution import Proposal
from tests.builders import contract as contracts
from tests.builders import ledger as make
from tests.builders.exceptions import MONDAY, OPENED


def envelope(
    runtime: Runtime, *documents: tuple[str, int | None, Sequence[str]], day: date = MONDAY, box: str = "650805"
) -> list[int]:
    """One envelope with documents of (kind, cents, reasons), all in review, and two loans that owe; gives the items."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        if not connection.execute(sa.text("select 1 from contract limit 1")).first():
            for number in (1, 2):
                make.open_contract(connection, number, contracts.loan(), opened(2_000_000, OPENED))
        received_at = make.ARRIVED + (day - MONDAY)
        batch = make.batch(connection, "D001", day=day, documents=len(documents), box=box, received_at=received_at)
        items = [make.item(connection, batch, sequence, 1) for sequence, _ in enumerate(documents, 1)]
        for item, (kind, cents, reasons) in zip(items, documents, strict=True):
            make.decision(connection, item, "review", cents, reasons=reasons, kind=kind)
        make.stages_done(connection, f"dallas/{day}/D001")
        make.manifest(connection, [("D001", 1, len(documents))], day=day)
    return items


def letter(runtime: Runtime, *reasons: str, day: date = MONDAY) -> int:
    """A letter alone in its envelope."""
    return envelope(runtime, ("letter", None, reasons or ("correspondence",)), day=day)[0]


def asks(effect: Effect | None = None, note: str = "") -> Proposal:
    """The letter is filed; without an effect there is nothing to do."""
    return Proposal(Outcome.FILE, kind=DocumentKind.LETTER, note=note, effect=effect)


def flag(account: str, name: str, since: date) -> Effect:
    """The letter tells of a bankruptcy, a death, or military service."""
    return new_flag(account, name, since)
