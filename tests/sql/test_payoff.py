"""What ends a contract, in SQL and in the quotes of a lender, against the replay of the same contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.contract.event import Flag
from lockbox.contract.lease import buyout
from lockbox.contract.master import ContractFlag, ContractTerms, Master
from lockbox.contract.position import Position
from lockbox.contract.terms import Bucket, Method, Product, Terms
from lockbox.customer.payoff_quotes import QuoteRequest, make_quote
from lockbox.lender.dated_rules import rule_book
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders import nights
from tests.oracles.payoff import buyout_cents, lien_release_due_on, payoff_quote

GOOD_FOR_DAYS = (0, 1, 5, 17, 33)
CONTRACTS = 150


@pytest.fixture
def master(runtime: Runtime) -> Master:
    portfolio = nights.portfolio(CONTRACTS)
    nights.load(runtime, portfolio)
    return portfolio


def contracts(master: Master, product: str) -> list[tuple[str, Terms, Position]]:
    terms = {version.account_number: version.terms for version in master.terms}
    return [
        (opening.account_number, terms[opening.account_number], opening.position)
        for opening in master.openings
        if terms[opening.account_number].product == product
    ]


def flags_of(master: Master, number: str) -> tuple[Flag, ...]:
    """The flags of a contract."""
    return tuple(
        Flag(flag.flag, flag.valid_from, flag.flag, flag.valid_to)
        for flag in master.flags
        if flag.account_number == number
    )


def payoff_cents(connection: sa.Connection, day: date) -> dict[str, int]:
    """Account number -> what ends the contract on a day."""
    statement = sa.text("select account_number, payoff_cents(contract_id, :day) as cents from contract")
    return {row.account_number: row.cents for row in connection.execute(statement, {"day": day})}


def test_payoff_cents_is_what_a_loan_owes_when_it_is_replayed(runtime: Runtime, master: Master) -> None:
    """To the cent; of the scheduled method the base steps down on each due date."""
    with runtime.engine.connect() as connection:
        rules, is_open = rule_book(connection, master.lender_id, make.DAY)
        for days in GOOD_FOR_DAYS:
            good_through = make.DAY + timedelta(days)
            cents = payoff_cents(connection, good_through)
            for number, terms, position in contracts(master, "loan"):
                at = replace(position, flags=flags_of(master, number))
                quote = payoff_quote((terms,), rules, at, good_through, is_open)
                assert cents[number] == quote.total_cents - quote.fees_to_come_cents, number


def test_payoff_cents_knows_terms_and_flags_to_come(runtime: Runtime) -> None:
    """Another rate or another method in ten days; interest stopped from the third day until the twentieth."""
    plain = nights.portfolio(60)
    loans = [version for version in plain.terms if version.terms.product is Product.LOAN]
    changed = [
        ContractTerms(
            version.account_number,
            replace(
                version.terms,
                version=2,
                valid_from=make.DAY + timedelta(10),
                rate_ppm=60_000,
                method=tuple(Method)[place % 2],
            ),
        )
        for place, version in enumerate(loans)
    ]
    flag = Flag("f", make.DAY + timedelta(3), "charged_off", make.DAY + timedelta(20))
    flags = tuple(ContractFlag(version.account_number, flag.flag, flag.on, flag.until) for version in loans[::3])
    nights.load(runtime, replace(plain, terms=(*plain.terms, *changed), flags=flags))
    second = {version.account_number: version.terms for version in changed}
    stopped = {row.account_number for row in flags}
    with runtime.engine.connect() as connection:
        rules, is_open = rule_book(connection, plain.lender_id, make.DAY)
        for days in GOOD_FOR_DAYS:
            good_through = make.DAY + timedelta(days)
            cents = payoff_cents(connection, good_through)
            for number, terms, position in contracts(plain, "loan"):
                period = position.period_cents if terms.method is Method.SCHEDULED else 0  # the ledger keeps no other
                at = replace(position, period_cents=period, flags=(flag,) if number in stopped else ())
                quote = payoff_quote((terms, second[number]), rules, at, good_through, is_open)
                assert cents[number] == quote.total_cents - quote.fees_to_come_cents, (number, days)


def test_payoff_cents_is_what_buys_a_leased_vehicle(runtime: Runtime, master: Master) -> None:
    with runtime.engine.connect() as connection:
        cents = payoff_cents(connection, make.DAY)
    leases = contracts(master, "lease")
    assert leases
    for number, terms, position in leases:
        assert cents[number] == buyout_cents(terms, position, make.DAY) + position.unapplied_cents, number


def test_a_quote_asks_for_what_the_replay_owes_on_its_last_day(runtime: Runtime, master: Master) -> None:
    """Late fees to come are in it, unapplied money is netted."""
    flagged = {flag.account_number for flag in master.flags}
    good_through = make.DAY + timedelta(30)
    with runtime.engine.connect() as connection:
        rules, is_open = rule_book(connection, master.lender_id, make.DAY)
        fees_to_come = 0
        for number, terms, position in contracts(master, "loan"):
            expected = payoff_quote((terms,), rules, position, good_through, is_open)
            if number in flagged or expected.total_cents <= position.unapplied_cents:
                continue
            request = QuoteRequest(master.lender_id, number, make.DAY, good_through, "ann", make.EVENING)
            quote_id = make_quote(connection, request)
            row = connection.execute(
                sa.text("select amount_cents, per_diem_cents from payoff_quote where quote_id = :q"), {"q": quote_id}
            ).one()
            assert row.amount_cents == expected.total_cents - position.unapplied_cents, number
            assert row.per_diem_cents == expected.per_diem_cents, number
            fees_to_come += expected.fees_to_come_cents
    assert fees_to_come > 0


def test_the_tax_of_a_buyout_rounds_half_a_cent_up(runtime: Runtime) -> None:
    chance = Random(7)
    terms, position = make.lease()
    cases = [(chance.randrange(3_000_000), chance.randrange(100_000), chance.randrange(150_000)) for _ in range(300)]
    cases += [(100, 0, 5_000), (99, 0, 5_000), (0, 0, 0), (1_000_000, 30_000, 62_500)]  # the first one is half a cent
    with db.engine(runtime.settings, owner=True).connect() as connection:
        make.lender(connection)
        contract_id = make.open_contract(connection, 1, terms, position)
        for residual, fee, tax_ppm in cases:
            connection.execute(
                sa.text("update lease_terms set residual_cents = :r, purchase_fee_cents = :f, tax_ppm = :t"),
                {"r": residual, "f": fee, "t": tax_ppm},
            )
            charges = connection.execute(sa.text("select * from buyout_charges(:c)"), {"c": contract_id}).one()
            assert tuple(charges) == charged(terms, position, residual, fee, tax_ppm)


def charged(terms: Terms, position: Position, residual: int, fee: int, tax_ppm: int) -> tuple[int, int, int]:
    """(rent, fee, tax) of a buyout by the rule, in cents."""
    assert terms.lease is not None
    lease = replace(terms.lease, residual_cents=residual, purchase_fee_cents=fee, tax_ppm=tax_ppm)
    end = buyout(replace(terms, lease=lease), position, make.DAY, "quote")
    cents = dict.fromkeys(Bucket, 0)
    for charge in end.charges:
        cents[charge.bucket] += charge.amount_cents
    return cents[Bucket.RENT], cents[Bucket.FEE], cents[Bucket.TAX]


def test_a_lien_is_due_for_release_by_the_rule_of_its_state(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        make.contract(connection)
    (number,) = nights.positions(runtime)
    nights.pay(runtime, make.DAY, [(number, make.INSTALLMENT_CENTS)])
    with db.engine(runtime.settings, owner=True).connect() as connection:
        rules, _ = rule_book(connection, "meridian", make.DAY)
        states = {rule.state for rule in rules.lien_releases if rule.state != "*"}
        assert states
        for state in sorted(states | {"ZZ"}):
            connection.execute(sa.text("update contract set state = :state"), {"state": state})
            connection.execute(sa.text("delete from lien_release"))
            connection.execute(
                sa.text("select note_liens('meridian', :day, :at)"), {"day": make.DAY, "at": make.EVENING}
            )
            due_on = connection.execute(sa.text("select due_on from lien_release")).scalar_one()
            assert due_on == lien_release_due_on(state, make.DAY, rules), state
