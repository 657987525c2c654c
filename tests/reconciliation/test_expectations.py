"""Validation of a day's data: good data passes, every kind of nonsense is named and noted as an event."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.errors import LockboxError
from lockbox.runtime import Runtime
from reconciliation.expectations import Expected, _Limits, _validate, frame, validate_day
from tests.builders import ledger as make

LIMITS = _Limits(max_amount_cents=10_000_000, max_misread_ppm=1000, stale_days=186)

pytestmark = pytest.mark.thorough  # Great Expectations takes seconds to import


def _check(no: int, **changed: Any) -> dict[str, Any]:
    sound = {
        "item_id": no,
        "site_id": "dallas",
        "batch_no": "D001",
        "kind": "check",
        "outcome": "post",
        "amount_cents": 41_250,
        "misread_ppm": 100,
        "clearing_cents": 41_250,
        "duration_ms": 80.0,
        "account_token": make.sha(str(no))[:32],
        "routing": "571234567",
        "serial": str(1000 + no),
        "age_days": 4,
        "credited_after_days": 0,
        "contracts": 1,
    }
    return sound | changed


def _failed(*odd: dict[str, Any]) -> list[str]:
    rows = [_check(no) for no in range(100, 120)] + list(odd)
    return [expected.name for expected in _validate(frame(rows), LIMITS) if not expected.is_met]


def test_sound_checks_pass() -> None:
    """So do unread checks, equal checks with different serials, and a single old one: cashier's checks may be old."""
    unread = {"amount_cents": None, "clearing_cents": None, "routing": None, "age_days": None, "contracts": 0}
    assert (
        _failed(
            _check(1, outcome="review", **unread),
            _check(2, outcome="suspense", contracts=0, age_days=None),
            _check(3, account_token="a" * 32),
            _check(4, account_token="a" * 32),
            _check(5, age_days=400),
        )
        == []
    )


NONSENSE: list[tuple[dict[str, Any], str]] = [
    ({"item_id": 101}, "checks: item_id to be unique"),
    ({"outcome": "guess"}, "checks: outcome to be in set"),
    ({"misread_ppm": 1_000_001, "outcome": "review"}, "checks: misread_ppm to be between 0 1000000"),
    ({"duration_ms": 30_000.0}, "checks: duration_ms to be between 0 20000 for 99%"),
    ({"amount_cents": None}, "accepted checks: amount_cents to not be null"),
    ({"amount_cents": 20_000_000, "clearing_cents": 20_000_000},
     "accepted checks: amount_cents to be between 1 10000000"),
    ({"clearing_cents": 41_251}, "accepted checks: amount_cents, clearing_cents to be equal"),
    ({"routing": None}, "accepted checks: routing to not be null"),
    ({"routing": "57123456"}, r"accepted checks: routing to match regex ^\d{9}$"),
    ({"age_days": -1}, "accepted checks: age_days to be between 0"),
    ({"age_days": 400}, "accepted checks: age_days to be between 186 for 90%"),
    ({"credited_after_days": -1}, "accepted checks: credited_after_days to be between 0 5"),
    ({"serial": "1100", "account_token": make.sha("100")[:32]},
     "accepted checks: routing, account_token, serial, amount_cents to be unique"),
    ({"misread_ppm": 1001}, "posted checks: misread_ppm to be between 1000"),
    ({"contracts": 0}, "posted checks: contracts to be between 1 50"),
]  # fmt: skip


def test_each_kind_of_nonsense_is_named() -> None:
    odd = [_check(no, **changed) for no, (changed, _) in enumerate(NONSENSE, 1)]
    odd += [_check(no, age_days=400) for no in range(50, 55)]  # one old check is an exception, many are an error
    assert sorted(_failed(*odd)) == sorted(name for _, name in NONSENSE)


def test_an_expectation_in_words() -> None:
    assert str(Expected("checks: amount", False, 3, ("1", "2"))) == "checks: amount (3 rows, such as 1, 2)"


@pytest.fixture
def day(runtime: Runtime) -> Runtime:
    """One posted check with a routing number that was read."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract_id = make.contract(connection)
        item_id = make.item(connection, make.batch(connection))
        make.reading(connection, item_id, routing="571234567", serial="1001", date="2026-11-12")
        make.posted_check(connection, item_id, contract_id, make.INSTALLMENT_CENTS)
        make.stages_done(connection, "dallas/2026-11-16/D001")
    return runtime


def _events(runtime: Runtime) -> list[tuple[str, str]]:
    with runtime.engine.connect() as connection:
        events = connection.execute(sa.text("select severity, message from ops_event where kind = 'expectations'"))
        return [(row.severity, row.message) for row in events]


def test_a_day_is_validated_from_the_database(day: Runtime) -> None:
    validation = validate_day(day, make.DAY, make.EVENING)
    assert (validation.checks, validation.failed) == (1, ())
    (event,) = _events(day)
    assert event == ("info", str(validation))


def test_a_day_that_fails_raises_and_is_noted(day: Runtime) -> None:
    with day.engine.begin() as connection:
        item_id = make.item(connection, make.batch(connection, "D002"))
        make.reading(connection, item_id, routing="57123", date="2026-12-24")
        make.suspense_check(connection, item_id, 500)
        make.stages_done(connection, "dallas/2026-11-16/D002")
    with pytest.raises(LockboxError, match=r"routing to match regex .* \(1 rows, such as 57123\)") as caught:
        validate_day(day, make.DAY, make.EVENING)
    assert "age_days to be between 0" in str(caught.value)
    ((severity, message),) = _events(day)
    assert severity == "error"
    assert "57123" in message


def test_a_site_still_in_process_is_left_out(day: Runtime) -> None:
    """Its checks are decided but not posted yet, which is no error."""
    with day.engine.begin() as connection:
        item_id = make.item(connection, make.batch(connection, "R901", site_id="richardson"))
        make.reading(connection, item_id, routing="571234567", serial="1002", date="2026-11-12")
        make.decision(connection, item_id, "suspense", 500, reasons=["account_unknown"], suspense_kind="unidentified")
        make.stages_done(connection, "richardson/2026-11-16/R901", ("ingest", "read", "decide"))
    assert validate_day(day, make.DAY, make.EVENING).checks == 1
    with day.engine.begin() as connection:
        make.stages_done(connection, "richardson/2026-11-16/R901", ("post",))
    with pytest.raises(LockboxError, match="clearing_cents to be equal"):
        validate_day(day, make.DAY, make.EVENING)


def test_a_day_without_checks_passes(day: Runtime) -> None:
    assert validate_day(day, make.DAY.replace(day=17), make.EVENING).checks == 0
