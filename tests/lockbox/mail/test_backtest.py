"""Backtest: what other limits or models would change on a past day, and that nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import InputError, SettingsError, UsageError
from lockbox.lender.policy import parse_rules
from lockbox.lender.profile import load_profile, rules_on
from lockbox.mail import backtest
from lockbox.mail.backtest import ItemDecision, describe, replay
from lockbox.mail.decision_basis import current_basis, decide_batch, record_basis, recorded_basis
from lockbox.runtime import Runtime
from ocr.nets import calibration, ctc
from ocr.reader import readers_version
from tests.builders import ledger as make
from tests.builders.mail import day


@pytest.fixture
def line(runtime: Runtime) -> Runtime:
    """A lockbox with the lender's profile."""
    with runtime.engine.begin() as connection:
        load_profile(connection, runtime.settings.profile)
    return runtime


def state(runtime: Runtime) -> tuple[Any, ...]:
    """The ledger's signature and how many rows every table has."""
    with runtime.engine.connect() as connection:
        tables = connection.execute(
            sa.text("select table_name from information_schema.tables where table_schema = 'public' order by 1")
        ).scalars()
        counts = {name: connection.execute(sa.text(f'select count(*) from "{name}"')).scalar_one() for name in tables}
        return tuple(db.rows(connection, "reports/ledger_signature")), counts


def test_a_replay_writes_nothing_and_lists_what_would_change(line: Runtime, tmp_path: Path) -> None:
    day(line, envelopes=6)
    before = state(line)

    same = replay(line, make.DAY, {})
    assert (same.changes, same.drifted) == ((), 0)
    assert same.posted_before == same.posted_after
    posted, cents = same.posted_before
    assert posted >= 2

    strict = replay(line, make.DAY, {"post.max_amount_cents": 1})
    assert strict.posted_before == (posted, cents)
    assert strict.posted_after == (0, 0)
    stopped = [change for change in strict.changes if change.kind == "post -> review"]
    assert len(stopped) == posted
    assert sum(change.before.cents or 0 for change in stopped) == cents
    assert all("large_amount" in change.after.reasons for change in stopped)
    assert f"post -> review: {posted} items" in " ".join(describe(strict))

    doubts = {"slope": 0.05, "shift": -3.0, "lapse": 0.0}
    plain = {"version": "calibrated-x", "readers": readers_version(), "fields": {"routing": doubts}}
    (tmp_path / calibration.FILE).write_text(json.dumps(plain))
    unsure = replay(line, make.DAY, {}, models=tmp_path)
    assert unsure.posted_after[0] < posted
    assert any("micr_unread" in change.after.reasons for change in unsure.changes)

    assert state(line) == before


def test_a_replay_cannot_write(line: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    with line.engine.begin() as connection:
        make.item(connection, make.batch(connection))

    def write(connection: sa.Connection, *_: Any, **__: Any) -> Any:
        connection.execute(sa.text("insert into fingerprint values (repeat('a', 64), 1, 1)"))

    monkeypatch.setattr(backtest, "recorded_basis", write)
    with pytest.raises(sa.exc.InternalError, match="read-only transaction"):
        replay(line, make.DAY, {})


def test_other_models_read_with_what_is_known_of_the_banks(line: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the day itself was read: otherwise every ambiguous line would differ, whatever the models."""
    given: list[Any] = []

    def note(*arguments: Any) -> list[Any]:
        given.append(arguments[-1])
        return []

    with line.engine.begin() as connection:
        item_id = make.item(connection, make.batch(connection))
        connection.execute(sa.text("insert into bank_layout values ('111000025', 'left', :item)"), {"item": item_id})
    monkeypatch.setattr(backtest, "read_items", note)
    replay(line, make.DAY, {}, models=ctc.MODELS)
    assert given == [{"111000025": {"left": 1}}]


def test_a_batch_is_decided_again_on_what_was_known_then(line: Runtime) -> None:
    """A contract paid since, or flagged since, is in the replay what it was when the check was decided."""
    with line.engine.begin() as connection:
        make.contract(connection)
        number = connection.execute(sa.text("select account_number from contract")).scalar_one()
        batch_id = make.batch(connection)
        make.reading(connection, make.item(connection, batch_id), account_number=number)
        batch = connection.execute(sa.text("select * from batch")).mappings().one()
        decided, basis = decide_batch(connection, batch)
        assert basis.contracts[number].balance_cents == make.INSTALLMENT_CENTS
        record_basis(connection, batch_id, decided, basis, make.WORKED)
        connection.execute(
            sa.text("insert into contract_flag select contract_id, 'bankruptcy', :day from contract"), {"day": make.DAY}
        )
        rows = db.rows(connection, "queries/batch_items", batch_id=batch_id)
        assert current_basis(connection, batch, rows).contracts[number].flags == {"bankruptcy"}
        assert recorded_basis(connection, batch, rows) == basis


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (ItemDecision("post", 1, (("a", 1),), ()), ItemDecision("review", 1, (), ("x",)), "post -> review"),
        (ItemDecision("post", 1, (("a", 1),), ()), ItemDecision("post", 1, (("b", 1),), ()), "other contract"),
        (ItemDecision("post", 1, (("a", 1),), ()), ItemDecision("post", 2, (("a", 2),), ()), "other amount"),
        (ItemDecision("review", 1, (), ("x",)), ItemDecision("review", 1, (), ("y",)), "other reasons"),
        (ItemDecision("review", 1, (), ("x",)), ItemDecision("review", 2, (), ("x",)), ""),
    ],
)
def test_kinds_of_change(before: ItemDecision, after: ItemDecision, kind: str) -> None:
    assert backtest._kind_of_change(before, after) == kind


def test_a_replay_that_is_not_possible_says_why(line: Runtime, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no mail of 2026-11-16"):
        replay(line, make.DAY, {})
    with pytest.raises(SettingsError, match=r"post\.max_misred_ppm: no such rule"):
        replay(line, make.DAY, {"post.max_misred_ppm": 1})
    with pytest.raises(InputError, match="contains no models"):
        replay(line, make.DAY, {}, models=tmp_path)
    with line.engine.begin() as connection:
        make.item(connection, make.batch(connection))
    with pytest.raises(UsageError, match="is not of the same type as"):
        replay(line, make.DAY, {"post.max_misread_ppm": "many"})


def test_rules_as_typed_and_from_a_profile(line: Runtime) -> None:
    typed = parse_rules(["post.max_misread_ppm=200", "route.flagged=review", "amount.accept_partial=false"])
    assert typed == {"post.max_misread_ppm": 200, "route.flagged": "review", "amount.accept_partial": False}
    with pytest.raises(UsageError):
        parse_rules(["post.max_misread_ppm"])
    assert rules_on(line.settings.profile, make.DAY)["post.max_misread_ppm"] == 1000
