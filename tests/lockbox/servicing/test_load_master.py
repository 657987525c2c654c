"""A contract master in the database: added once, opened in a balanced ledger; other content is a conflict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import run_checks
from lockbox.contract.master import Contract, ContractFlag, ContractTerms, Customer, KnownPayer, Master, Opening
from lockbox.contract.position import OpenFee, Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import Method
from lockbox.errors import ConflictError, InputError, NotReady, SettingsError
from lockbox.lender.profile import load_profile
from lockbox.runtime import Runtime
from lockbox.servicing.load_master import Loaded, load_master
from lockbox.settings import Settings
from lockbox.simulator.portfolio import make_portfolio
from tests.builders import corrections, nights
from tests.builders import ledger as make

AS_OF = datetime(2026, 11, 16, 12, tzinfo=UTC)
OPENING_ON = date(2026, 11, 15)
NOTHING = Loaded(0, 0, 0, 0, 0, 0)


@pytest.fixture
def engine(settings: Settings) -> sa.Engine:
    made = db.engine(settings)
    with made.begin() as connection:
        load_profile(connection, settings.profile)
    return made


def small(**changes: Any) -> Master:
    """One lease with its 22nd rent and tax open, and a late fee."""
    number = "1234567869"
    terms, position = make.lease(fees=(OpenFee(date(2026, 11, 1), "late/21", 2_062),), late_fees=(21,))
    master = Master(
        "meridian",
        OPENING_ON,
        customers=(Customer("C1", "Ana Quill, Jr.", ("1 Elm St", 'Plano, "TX" 75074')),),
        contracts=(Contract(number, "C1", "lease", "TX", date(2025, 1, 15), 2_000_000),),
        terms=(ContractTerms(number, terms),),
        openings=(Opening(number, position),),
        flags=(ContractFlag(number, "scra", date(2026, 1, 1)),),
        payers=(KnownPayer("a" * 32, number, date(2025, 3, 1)),),
    )
    return replace(master, **changes)


def load(engine: sa.Engine, master: Master) -> Loaded:
    with engine.begin() as connection:
        return load_master(connection, master, AS_OF)


def rows(engine: sa.Engine, statement: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement))]


def test_rows_and_opening_journal_are_those_of_the_master(engine: sa.Engine) -> None:
    assert load(engine, small()) == Loaded(1, 1, 1, 1, 1, 1)
    assert rows(engine, "select name, address from customer") == [("Ana Quill, Jr.", '1 Elm St\nPlano, "TX" 75074')]
    assert rows(engine, "select source_kind, source_key, effective_date, posted_at from journal") == [
        ("opening", "meridian/1234567869", OPENING_ON, AS_OF)
    ]
    assert rows(engine, "select account, amount_cents, contract_id is not null from entry order by line_no") == [
        ("receivable.fee", 2_062, True),
        ("receivable.rent", 41_250, True),
        ("receivable.tax", 2_578, True),
        ("equity.opening", -45_890, False),
    ]
    assert rows(engine, "select fee_cents, rent_cents, tax_cents, accrued_through, next_no from position") == [
        (2_062, 41_250, 2_578, OPENING_ON, 23)
    ]
    assert rows(engine, "select installment_no, amount_cents, credited_cents from installment order by 1") == [
        (21, 43_828, 43_828),
        (22, 43_828, 0),
    ]
    assert rows(engine, "select installment_no, charged_on, amount_cents from late_fee") == [
        (21, date(2026, 11, 1), 2_062)
    ]


def test_second_load_changes_nothing_and_further_rows_are_added(engine: sa.Engine) -> None:
    load(engine, small())
    assert load(engine, small()) == NOTHING
    further = KnownPayer("b" * 32, "1234567869", date(2026, 1, 1))
    assert load(engine, small(payers=(*small().payers, further))) == replace(NOTHING, payers=1)


def other_contract() -> Master:
    return small(contracts=(replace(small().contracts[0], original_cents=2_000_001),))


def other_balance() -> Master:
    (opening,) = small().openings
    return small(openings=(replace(opening, position=replace(opening.position, bills=())),))


def other_schedule() -> Master:
    (version,) = small().terms
    (run,) = version.terms.schedule
    terms = replace(version.terms, schedule=(replace(run, amount_cents=run.amount_cents + 1),))
    return small(terms=(replace(version, terms=terms),))


def other_residual() -> Master:
    (version,) = small().terms
    assert version.terms.lease
    terms = replace(version.terms, lease=replace(version.terms.lease, residual_cents=1))
    return small(terms=(replace(version, terms=terms),))


def other_flag() -> Master:
    return small(flags=(ContractFlag("1234567869", "scra", date(2026, 1, 1), date(2026, 2, 1)),))


CONFLICTS = [other_contract, other_balance, other_schedule, other_residual, other_flag]
EVERYTHING = "select amount_cents from entry union all select amount_cents from schedule_run order by 1"


@pytest.mark.parametrize("changed", CONFLICTS)
def test_other_content_is_a_conflict_that_names_the_contract_and_adds_nothing(
    engine: sa.Engine, changed: Callable[[], Master]
) -> None:
    load(engine, small())
    before = rows(engine, EVERYTHING)
    with pytest.raises(ConflictError, match="1234567869"):
        load(engine, changed())
    assert rows(engine, EVERYTHING) == before


def test_other_name_of_a_customer_is_a_conflict(engine: sa.Engine) -> None:
    load(engine, small())
    with pytest.raises(ConflictError, match="customer C1"):
        load(engine, small(customers=(Customer("C1", "Ana Quill", small().customers[0].address_lines),)))


def test_later_journals_are_no_conflict_with_the_master(engine: sa.Engine) -> None:
    load(engine, small())
    with engine.begin() as connection:
        contract = connection.execute(sa.text("select contract_id from contract")).scalar_one()
        lines = [("receivable.fee", 1_500, contract), ("income.fee", -1_500, None)]
        make.journal(connection, lines, source_kind="fee", source_key="later", site_id=None)
    assert load(engine, small()) == NOTHING


def test_a_contract_without_terms_or_opening_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(InputError, match="no terms for contract: 1234567869"):
        load(engine, small(terms=()))
    with pytest.raises(InputError, match="no opening for contract: 1234567869"):
        load(engine, small(openings=()))


def test_a_database_of_another_schema_is_refused(settings: Settings) -> None:
    with db.engine(settings, owner=True).begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '0002'"))
        connection.execute(sa.text("comment on table alembic_version is 'the SQL of that version'"))
    with pytest.raises(SettingsError, match=r"another schema \(0002\).* start this one with an empty"):
        db.migrate(settings)


UNKNOWN = "9999999904"
STRAYS: dict[str, dict[str, Any]] = {
    "terms version 1": {"terms": (*small().terms, ContractTerms(UNKNOWN, small().terms[0].terms))},
    "opening": {"openings": (*small().openings, Opening(UNKNOWN, small().openings[0].position))},
    "flag scra": {"flags": (ContractFlag(UNKNOWN, "scra", OPENING_ON),)},
    "payer": {"payers": (KnownPayer("c" * 32, UNKNOWN, OPENING_ON),)},
}


@pytest.mark.parametrize("record", STRAYS)
def test_a_row_whose_contract_is_unknown_is_refused_by_file_record_and_field(engine: sa.Engine, record: str) -> None:
    """Terms, their installments and lease terms, openings, flags, payers: none is dropped, nothing is added."""
    place = rf"contract master, .*of contract {UNKNOWN}, field account_number: no (such|terms for) contract: {UNKNOWN}"
    with pytest.raises(InputError, match=place) as refused:
        load(engine, small(**STRAYS[record]))
    if record != "terms version 1":  # of these the installments are named first
        assert refused.value.record == f"{record} of contract {UNKNOWN}"
    assert rows(engine, "select count(*) from customer") == [(0,)]


def test_a_contract_without_its_customer_is_refused(engine: sa.Engine) -> None:
    with pytest.raises(InputError, match=r"contract 1234567869, field customer_no: no such customer: C1"):
        load(engine, small(customers=()))


def test_versions_come_with_the_contract_or_alone(engine: sa.Engine) -> None:
    """Two versions before the takeover: the later one was in force then. A third comes without its contract's row."""
    (first,) = small().terms
    runs = tuple(replace(run, amount_cents=41_000) for run in first.terms.schedule)
    second = replace(first, terms=replace(first.terms, version=2, valid_from=date(2026, 1, 20), schedule=runs))
    assert load(engine, small(terms=(second, first))).terms == 2
    assert rows(engine, "select version, from_no from contract_terms order by 1") == [(1, 1), (2, 13)]
    assert rows(engine, "select terms_version from position") == [(2,)]
    assert rows(engine, "select installment_no, amount_cents from installment order by 1")[-1] == (22, 43_578)
    third = replace(first, terms=replace(first.terms, version=3, valid_from=date(2027, 1, 1)))
    alone = Master("meridian", OPENING_ON, (), (), (third,), (), (), ())
    assert load(engine, alone) == replace(NOTHING, terms=1)
    assert load(engine, alone) == NOTHING
    other = replace(third, terms=replace(third.terms, valid_from=date(2027, 1, 2)))
    with pytest.raises(ConflictError, match="terms of contract 1234567869"):
        load(engine, replace(alone, terms=(other,)))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        (
            {"first_no": 25, "first_due_on": date(2027, 2, 15), "count": 12},
            "begins with installment 25; 24 is the first",
        ),
        ({"first_due_on": date(2025, 1, 15)}, "moves installment 24 to a day before 2026-12-20"),
    ],
)
def test_terms_that_cannot_follow_those_before_are_refused(
    engine: sa.Engine, changes: dict[str, Any], fault: str
) -> None:
    """Installment 23 is due on 15 December, 24 on 15 January; terms of 20 December must take over from there."""
    load(engine, small())
    (first,) = small().terms
    (run,) = first.terms.schedule
    runs = (replace(run, **changes),)
    second = replace(first, terms=replace(first.terms, version=2, valid_from=date(2026, 12, 20), schedule=runs))
    place = "contract master, terms version 2 of contract 1234567869, field schedule: version 2 "
    with pytest.raises(InputError, match=place + fault):
        load(engine, small(terms=(first, second)))
    assert rows(engine, "select count(*) from contract_terms") == [(1,)]


def test_without_a_profile_there_is_nobody_to_load_for(settings: Settings) -> None:
    with pytest.raises(NotReady, match="meridian"):
        load(db.engine(settings), small())


def test_a_portfolio_opens_a_ledger_that_sums_to_zero(engine: sa.Engine) -> None:
    master = make_portfolio(7, OPENING_ON, b"k" * 32, contracts=400)
    loaded = load(engine, master)
    owing = sum(any(_owed(opening.position)) for opening in master.openings)
    assert loaded == Loaded(
        customers=len(master.customers),
        contracts=len(master.contracts),
        terms=len(master.terms),
        flags=len(master.flags),
        payers=len(master.payers),
        journals=owing,
    )
    assert rows(engine, "select sum(amount_cents), count(distinct journal_id) from entry") == [(0, owing)]
    totals = rows(
        engine,
        "select sum(principal_cents), sum(interest_cents), sum(fee_cents), sum(rent_cents), sum(tax_cents)"
        " from position",
    )
    assert totals == [tuple(map(sum, zip(*(_owed(opening.position) for opening in master.openings), strict=True)))]
    assert load(engine, master) == NOTHING
    with engine.connect() as connection:
        assert [str(finding) for finding in run_checks(connection)] == []


def _owed(at: Position) -> tuple[int, ...]:
    return at.principal_cents, at.interest_cents, at.fee_cents, at.rent_cents, at.tax_cents


def loan_of(**position: Any) -> Master:
    """A loan at 0 % of the scheduled method by 412.50 a month, taken over on the 15th, a due date."""
    number = "1234567869"
    terms, standing = make.loan(count=24, principal_cents=3 * make.INSTALLMENT_CENTS, **position)
    terms = replace(terms, method=Method.SCHEDULED)
    plain = small(terms=(ContractTerms(number, terms),), openings=(Opening(number, standing),), flags=())
    return replace(plain, contracts=(replace(plain.contracts[0], product="loan"),))


def test_unapplied_money_may_be_as_much_as_is_owed(engine: sa.Engine) -> None:
    """What is owed less what is unapplied is 0: the opening journal has no line of equity."""
    load(engine, loan_of(unapplied_cents=3 * make.INSTALLMENT_CENTS))
    assert rows(engine, "select account, amount_cents from entry order by line_no") == [
        ("receivable.principal", 123_750),
        ("suspense.unapplied", -123_750),
    ]


def test_the_scheduled_base_steps_down_for_installments_paid_ahead(runtime: Runtime) -> None:
    """Installments 22 and 23 were paid before the takeover; 23 is due on 15 December, and the base steps down then."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        master = loan_of(paid_through=23, base_cents=2 * make.INSTALLMENT_CENTS)
        load_master(connection, master, AS_OF)
    nights.run(runtime, date(2026, 12, 15))
    assert rows(runtime.engine, "select base_cents from position") == [(make.INSTALLMENT_CENTS,)]
    corrections.assert_in_order(runtime, [1])


def test_a_base_of_nothing_stays_nothing(runtime: Runtime) -> None:
    """After the last due date of the scheduled method nothing accrues, in the books as in the replay."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        schedule = level(date(2025, 1, 15), 15, 22, make.INSTALLMENT_CENTS)
        terms = {"schedule": schedule, "method": Method.SCHEDULED, "rate_ppm": 50_000}
        make.contract(connection, count=22, base_cents=0, terms=terms)
    nights.run(runtime, date(2026, 11, 25))
    assert rows(runtime.engine, "select interest_cents from position") == [(0,)]
    corrections.assert_in_order(runtime, [1])


def test_a_takeover_on_the_last_day_on_time_is_followed_by_its_late_fee(runtime: Runtime) -> None:
    """Texas, due on 31 October: the 15th is a Sunday, the 16th the last day; taken over in its evening."""
    schedule = level(date(2026, 10, 31), 31, 24, make.INSTALLMENT_CENTS)
    terms, position = make.loan(paid_through=0, principal_cents=900_000, terms={"schedule": schedule})
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.open_contract(connection, 1, terms, replace(position, on=make.DAY))
    nights.run(runtime, make.DAY + timedelta(1))
    assert rows(runtime.engine, "select installment_no, charged_on from late_fee") == [(1, date(2026, 11, 17))]
    corrections.assert_in_order(runtime, [1])
