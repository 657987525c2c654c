"""Duplicates: one check twice is filed, an honest twin is posted, and a corrected amount shows its true twin."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.errors import Refused
from lockbox.mail.decision import Decision, Outcome
from lockbox.mail.decision_basis import send_to_review_if_seen
from lockbox.mail.reason import Reason
from lockbox.runtime import Runtime
from ocr.reading import DocumentKind
from reconciliation.exceptions import pull_list
from reconciliation.exceptions.look_alikes import look_alikes
from reconciliation.exceptions.resolution import Part, Proposal
from tests.builders import exceptions as make
from tests.builders import ledger
from tests.builders.exceptions import MONDAY, TUESDAY, noon

CENTS = 37_700
CHECK = {"account_token": "a" * 32, "routing": "111000025", "serial": "1042"}


def rows(runtime: Runtime, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement), values)]


def in_order(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []


def twice(runtime: Runtime, *amounts: int) -> list[int]:
    """Checks of one payer with one serial number, read with these amounts, all in review."""
    (other,) = make.waiting_day(runtime, [20_000])
    make.resolve(runtime, other, Proposal(Outcome.FILE, note="void"), MONDAY)
    items = []
    with runtime.engine.begin() as connection:
        batch = ledger.batch(connection, "D002", envelopes=len(amounts), documents=len(amounts))
        for sequence, cents in enumerate(amounts, 1):
            item = ledger.item(connection, batch, sequence, carried=CHECK)
            seen = claim(connection, item, cents)
            ledger.decision(connection, item, "review", cents, reasons=[*seen.reasons, "account_unread"])
            items.append(item)
        ledger.stages_done(connection, f"dallas/{MONDAY}/D002")
    return items


def claim(connection: sa.Connection, item: int, cents: int) -> Decision:
    """As the engine decides it: "duplicate" where it was seen before."""
    decision = Decision(item, DocumentKind.CHECK, Outcome.POST, amount_cents=cents)
    row = {"carried": CHECK, "reading": None, "account_token": None}
    return send_to_review_if_seen(connection, decision, row)


def pays(runtime: Runtime, cents: int | None = None, *, is_twin: bool = False) -> Proposal:
    return Proposal(Outcome.POST, (Part(make.accounts(runtime)[0], 0),), cents, is_twin=is_twin)


def test_the_same_check_once_more_is_filed_and_an_honest_twin_is_posted(runtime: Runtime) -> None:
    first, same, twin = twice(runtime, CENTS, CENTS, CENTS)
    with runtime.engine.connect() as connection:
        assert [(other.name, other.outcome) for other in look_alikes(connection, twin)] == [
            (f"dallas/{MONDAY}/D002/1", "review"),
            (f"dallas/{MONDAY}/D002/2", "review"),
        ]
    make.resolve(runtime, first, pays(runtime), MONDAY)  # nothing was seen before it
    with pytest.raises(Refused, match=r"it looks like dallas/2026-11-16/D002/1 \(post\)"):
        make.propose(runtime, same, pays(runtime), MONDAY)
    make.resolve(runtime, same, Proposal(Outcome.FILE, same_as=first), MONDAY)
    make.resolve(runtime, twin, pays(runtime, is_twin=True), MONDAY)
    assert rows(runtime, "select same_as, is_twin from resolution order by resolution_id") == [
        (None, False),
        (None, False),
        (first, False),
        (None, True),
    ]
    in_order(runtime)


def test_a_corrected_amount_claims_its_true_fingerprint(runtime: Runtime) -> None:
    first, misread = twice(runtime, CENTS, 30_700)
    make.resolve(runtime, first, pays(runtime), MONDAY)
    with pytest.raises(Refused, match="file it as the same, or say that they are honest twins"):
        make.propose(runtime, misread, pays(runtime, CENTS), MONDAY)
    make.resolve(runtime, misread, pays(runtime, CENTS, is_twin=True), MONDAY)
    assert rows(runtime, "select count(*) from fingerprint where item_id = :item", item=misread) == [(2,)]
    with runtime.engine.connect() as connection:
        assert [other.item_id for other in look_alikes(connection, first)] == [misread]


def test_a_check_that_looks_otherwise_is_not_the_same(runtime: Runtime) -> None:
    first, other = twice(runtime, CENTS, 30_700)
    with pytest.raises(Refused, match="it does not look like item"):
        make.propose(runtime, other, Proposal(Outcome.FILE, same_as=first), MONDAY)
    make.resolve(runtime, other, pays(runtime), MONDAY)


def test_a_check_that_went_back_to_its_sender_and_comes_again_is_no_duplicate(runtime: Runtime) -> None:
    (returned,) = twice(runtime, CENTS)
    make.resolve(runtime, returned, Proposal(Outcome.REJECT, reasons=(Reason.UNSIGNED,)), MONDAY)

    def decided_again() -> tuple[Reason, ...]:
        """The same paper in a batch of the next day, which is rolled back."""
        with runtime.engine.connect() as connection:
            batch = ledger.batch(connection, "D003", day=TUESDAY, envelopes=1, documents=1)
            return claim(connection, ledger.item(connection, batch, 1, carried=CHECK), CENTS).reasons

    assert decided_again() == (Reason.DUPLICATE,)  # its paper is still here
    with runtime.engine.begin() as connection:
        pull_list.address(connection, 1, "Pat Payer", ("1 Elm St", "Dallas, TX 75201"), "ann", noon(TUESDAY))
        for person in ("ann", "bob"):
            pull_list.confirm(connection, 1, person, noon(TUESDAY))
    assert decided_again() == ()
