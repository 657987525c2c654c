"""What a day's checks are expected to look like as data; the only module that uses Great Expectations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.errors import LockboxError
from lockbox.lender.dated_rules import policy_on
from lockbox.ops_events import mark_noted, note_alone
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from reconciliation.unclosed_site_day import unclosed_site_days

if TYPE_CHECKING:
    import pandas as pd

ALL, ACCEPTED, POSTED = "checks", "accepted checks", "posted checks"
DAYS_A_MONTH = 31  # generous: the decision applies the exact rule; this only finds absurd dates
SLOW_MS = 20_000
NOTHING = ("nan", "None", "<NA>")  # a missing value is not a sample


@dataclass(frozen=True, slots=True)
class Expected:
    """One expectation and its result."""

    name: str  # "accepted checks: amount_cents between 1 and 10000000"
    is_met: bool
    unexpected: int = 0  # rows that do not meet it
    samples: tuple[str, ...] = ()

    def __str__(self) -> str:
        shown = f" ({self.unexpected} rows, such as {', '.join(self.samples)})" if self.samples else ""
        return f"{self.name}{shown}"


@dataclass(frozen=True, slots=True)
class Validation:
    """The result of validating a day's data."""

    business_date: date
    checks: int
    expected: tuple[Expected, ...]

    @property
    def failed(self) -> tuple[Expected, ...]:
        """Expectations that were not met."""
        return tuple(expected for expected in self.expected if not expected.is_met)

    def __str__(self) -> str:
        met = f"{len(self.expected) - len(self.failed)} of {len(self.expected)} expectations met"
        text = f"{met} for {self.checks} checks of {self.business_date}"
        return text + "".join(f"; not met: {expected}" for expected in self.failed)


def validate_day(runtime: Runtime, business_date: date, as_of: datetime) -> Validation:
    """Validates the checks of a day and notes the outcome as an event, which the day's report shows.

    A site whose batches are still in process is left out: what was decided there is not posted yet.

    Raises:
        LockboxError: expectations were not met; the message names them.
    """
    with runtime.engine.connect() as connection:
        in_process = {
            day.scope for day in unclosed_site_days(connection, runtime.settings.inbox_path) if day.open_batches
        }
        rows = db.rows(connection, "queries/close_checks", business_date=business_date)
        checks = frame([row for row in rows if SiteDayScope(row["site_id"], business_date) not in in_process])
        limits = _limits(connection, checks, business_date)
    validation = Validation(business_date, len(checks), tuple(_validate(checks, limits)) if len(checks) else ())
    severity = "error" if validation.failed else "info"
    telemetry.log.info("expectations", day=str(business_date), checks=len(checks), failed=len(validation.failed))
    event_id = note_alone(runtime.engine, severity, "expectations", str(business_date), str(validation), as_of)
    if validation.failed:
        error = LockboxError(f"{business_date}: {validation}")
        mark_noted(error, event_id)
        raise error
    return validation


def frame(rows: Sequence[Mapping[Any, Any]]) -> pd.DataFrame:
    """Rows of queries/close_checks with a type for each column, so that a column without a value stays a number."""
    import pandas as pd

    names = [*NUMBERS, *TEXTS]
    checks = pd.DataFrame([dict(row) for row in rows], columns=names)
    return checks.astype({**dict.fromkeys(NUMBERS, "Int64"), **dict.fromkeys(TEXTS, "object")})


NUMBERS = ("item_id", "amount_cents", "misread_ppm", "clearing_cents", "age_days", "credited_after_days", "contracts")
TEXTS = ("site_id", "batch_no", "kind", "outcome", "account_token", "routing", "serial", "duration_ms")


@dataclass(frozen=True, slots=True)
class _Limits:
    """The lender's own limits, the widest of all sites."""

    max_amount_cents: int
    max_misread_ppm: int
    stale_days: int


def _limits(connection: sa.Connection, checks: pd.DataFrame, day: date) -> _Limits:
    policies = [policy_on(connection, site_id, day) for site_id in sorted(set(checks["site_id"]))]
    return _Limits(
        max((policy.max_amount_cents for policy in policies), default=0),
        max((policy.loosest_misread_ppm for policy in policies), default=0),
        max((policy.stale_months for policy in policies), default=0) * DAYS_A_MONTH,
    )


def _validate(checks: pd.DataFrame, limits: _Limits) -> list[Expected]:
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    source = context.data_sources.add_pandas("day")
    by_engine = checks["outcome"] == "post"
    frames = {ALL: checks, ACCEPTED: checks[by_engine | (checks["outcome"] == "suspense")], POSTED: checks[by_engine]}
    results = []
    for name, expectations in _suites(gx.expectations, limits).items():
        if frames[name].empty:
            continue
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe(name)
        suite = gx.ExpectationSuite(name=name, expectations=expectations)
        validated = batch.get_batch({"dataframe": frames[name]}).validate(suite)
        results += [_expected(name, result) for result in validated.results]
    return results


def _suites(expect: Any, limits: _Limits) -> dict[str, list[Any]]:
    """What is expected of which rows. A share below 1 leaves room for exceptions that the rules allow."""
    return {
        ALL: [
            expect.ExpectColumnValuesToBeUnique(column="item_id"),
            expect.ExpectColumnValuesToBeInSet(column="outcome", value_set=["post", "suspense", "review", "reject"]),
            expect.ExpectColumnValuesToBeBetween(column="misread_ppm", min_value=0, max_value=1_000_000),
            expect.ExpectColumnValuesToBeBetween(column="duration_ms", min_value=0, max_value=SLOW_MS, mostly=0.99),
        ],
        ACCEPTED: [
            expect.ExpectColumnValuesToNotBeNull(column="amount_cents"),
            expect.ExpectColumnValuesToBeBetween(column="amount_cents", min_value=1, max_value=limits.max_amount_cents),
            expect.ExpectColumnPairValuesToBeEqual(column_A="amount_cents", column_B="clearing_cents"),
            expect.ExpectColumnValuesToNotBeNull(column="routing"),
            expect.ExpectColumnValuesToMatchRegex(column="routing", regex=r"^\d{9}$"),
            # postdated checks are never deposited early (UCC 4-401(c))
            expect.ExpectColumnValuesToBeBetween(column="age_days", min_value=0),
            # stale checks are exceptions (UCC 4-404); cashier's checks and money orders may be old
            expect.ExpectColumnValuesToBeBetween(column="age_days", max_value=limits.stale_days, mostly=0.9),
            expect.ExpectColumnValuesToBeBetween(column="credited_after_days", min_value=0, max_value=5),
            expect.ExpectCompoundColumnsToBeUnique(
                column_list=["routing", "account_token", "serial", "amount_cents"],
                ignore_row_if="any_value_is_missing",
            ),
        ],
        POSTED: [
            expect.ExpectColumnValuesToBeBetween(column="misread_ppm", max_value=limits.max_misread_ppm),
            expect.ExpectColumnValuesToBeBetween(column="contracts", min_value=1, max_value=50),
        ],
    }


def _expected(rows: str, result: Any) -> Expected:
    if result.exception_info and result.exception_info.get("raised_exception"):
        raise LockboxError(
            f"{rows}: an expectation could not be evaluated: {result.exception_info['exception_message']}"
        )
    detail = result.result or {}
    samples = dict.fromkeys(str(value) for value in detail.get("partial_unexpected_list") or [])
    return Expected(
        name=f"{rows}: {_words(result.expectation_config)}",
        is_met=bool(result.success),
        unexpected=int(detail.get("unexpected_count") or 0),
        samples=tuple([value for value in samples if value not in NOTHING][:3]),
    )


def _words(config: Any) -> str:
    """ "amount_cents to be between 1 and 500" from the name of an expectation and its limits."""
    options = config.kwargs
    columns = options.get("column") or options.get("column_list") or [options.get("column_A"), options.get("column_B")]
    named = columns if isinstance(columns, str) else ", ".join(columns)
    verb = config.type.removeprefix("expect_").split("_to_", 1)[1].replace("_", " ")
    limits = " ".join(
        _plain(options[key]) for key in ("min_value", "max_value", "regex") if options.get(key) is not None
    )
    share = f" for {options['mostly']:.0%}" if options.get("mostly") not in (None, 1, 1.0) else ""
    return f"{named} to {verb} {limits}{share}".strip()


def _plain(value: Any) -> str:
    """A limit as text; Great Expectations returns 500 as 500.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
