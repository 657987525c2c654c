"""What goes out follows the rules that were loaded: the same that the night charges by, whatever the file says now."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox.customer import service
from lockbox.customer.statement import LateFee
from lockbox.customer.statement_runs import newest_statement
from lockbox.errors import ConflictError, NotReady, SettingsError
from lockbox.lender.profile import load_profile
from lockbox.runtime import Runtime
from tests.builders import ledger as make
from tests.builders import nights

DUE = date(2026, 12, 15)  # when the builders' contracts ask next
MADE = DUE - timedelta(21)
EDITS = {
    'id = "meridian"': 'id = "zenith"',
    'name = "Meridian Motor Credit"': 'name = "Zenith Auto Finance"',
    "1-800-555-0142": "1-900-555-0199",
    "P.O. Box 650805": "P.O. Box 1",
    "America/Chicago": "Pacific/Honolulu",
    "grace_days = 15": "grace_days = 3",
    "percent_ppm = 50_000": "percent_ppm = 90_000",
    "days = 10": "days = 99",
}


@pytest.fixture
def edited(runtime: Runtime, tmp_path: Path) -> Runtime:
    """An installation with one loan in Texas, whose profile file was edited after it was loaded."""
    profile = tmp_path / "profile.toml"
    text = runtime.settings.profile.read_text()
    profile.write_text(text)
    with runtime.engine.begin() as connection:
        load_profile(connection, profile)
        make.contract(connection, principal_cents=900_000, count=48, terms={"rate_ppm": 50_000})
    for before, after in EDITS.items():
        assert before in text
        text = text.replace(before, after)
    profile.write_text(text)
    return replace(runtime, settings=runtime.settings.model_copy(update={"profile": profile}))


def evening(day: date) -> datetime:
    """7 pm in Dallas, 3 pm in Honolulu."""
    return make.EVENING + (day - make.DAY)


def account_of(runtime: Runtime) -> str:
    with runtime.engine.connect() as connection:
        return str(connection.execute(sa.text("select account_number from contract")).scalar_one())


@pytest.mark.usefixtures("quiet")
def test_an_edited_profile_changes_neither_statement_nor_fee(edited: Runtime) -> None:
    nights.run(edited, MADE, evening(MADE))
    assert "1 statements made of 1 due" in service.after_night(edited, MADE, evening(MADE))[0]
    with edited.engine.connect() as connection:
        statement = newest_statement(connection, "meridian", account_of(edited), evening(DUE)).statement
    fee = LateFee(date(2026, 12, 30), make.INSTALLMENT_CENTS * 5 // 100)  # 15 days of grace and 5 %, as loaded
    assert statement.late_fee == fee
    assert statement.sender.name == "Meridian Motor Credit"
    assert statement.sender.contact.startswith("1-800-555-0142")
    assert statement.sender.mail.address_lines == ("P.O. Box 650805", "Dallas, TX 75265-0805")
    nights.run(edited, fee.last_day + timedelta(1), evening(fee.last_day + timedelta(1)))
    with edited.engine.connect() as connection:
        charged = sa.text("select charged_on, amount_cents from late_fee where installment_no = 23")
        assert tuple(connection.execute(charged).one()) == (fee.last_day + timedelta(1), fee.amount_cents)


@pytest.mark.usefixtures("quiet")
def test_an_edited_profile_changes_neither_letter_nor_notice(edited: Runtime) -> None:
    nights.run(edited, make.DAY, make.EVENING)
    night_in_dallas = evening(make.DAY) + timedelta(hours=6)  # 1 am of the 17th; still the 16th in Honolulu
    _, letter, _ = service.payoff_quote(edited, account_of(edited), night_in_dallas, 20)
    assert letter.quoted_on == date(2026, 11, 17)
    assert "within 10 days" in letter.release
    assert letter.sender.name == "Meridian Motor Credit"
    # Installment 22 of 11/15 is on time through 11/30: its fee falls due within the quote.
    fees = [line.amount_cents for line in letter.lines if line.label.startswith("Late fees")]
    assert fees == [make.INSTALLMENT_CENTS * 5 // 100]
    service.note(edited, account_of(edited), make.ARRIVED, {"email": "payer@example.com"})
    soon = DUE - timedelta(5)
    nights.run(edited, soon, evening(soon))
    service.notices(edited, soon, evening(soon))
    assert service.send(edited, evening(soon)) == ["2 notices waiting: 2 sent"]  # due soon, and the quote expired
    for mail in (edited.settings.outbox_path / "email").glob("*.eml"):
        assert "Questions: 1-800-555-0142, 8 a.m." in mail.read_text()
        assert "Zenith" not in mail.read_text()


@pytest.mark.usefixtures("quiet")
def test_no_notice_goes_out_for_a_small_amount_and_the_statement_asks_for_it(runtime: Runtime) -> None:
    """Due on the 15th: one contract pays all but 3.00 on the 16th, another all but 5.01."""
    with runtime.engine.begin() as connection:
        make.lender(connection)
        for no in (1, 2):
            make.contract(connection, no, principal_cents=900_000, count=48)
        accounts = list(
            connection.execute(sa.text("select account_number from contract order by contract_id")).scalars()
        )
    for number in accounts:
        service.note(runtime, number, make.ARRIVED, {"email": f"payer{number}@example.com"})
    small, large = accounts
    nights.pay(runtime, make.DAY, [(small, make.INSTALLMENT_CENTS - 300), (large, make.INSTALLMENT_CENTS - 501)])
    nights.closed(runtime, make.DAY)
    day = date(2026, 11, 20)
    nights.run(runtime, day, evening(day))
    service.notices(runtime, day, evening(day))
    facts = sa.text("""
        select c.account_number, n.facts from notice as n join contract as c using (contract_id)
        where n.kind = 'late'""")
    with runtime.engine.connect() as connection:
        late = {row.account_number: row.facts for row in connection.execute(facts)}
    assert late == {large: {"amount_cents": 501, "due_on": "2026-11-15"}}
    nights.run(runtime, MADE, evening(MADE))
    service.statements(runtime, MADE, evening(MADE))
    with runtime.engine.connect() as connection:
        statements = [newest_statement(connection, "meridian", number, evening(MADE)).statement for number in accounts]
    first_lines = [(of.due_lines[0].label, of.due_lines[0].amount_cents, of.past_due_cents) for of in statements]
    assert first_lines == [("Balance of earlier installments", 300, 0), ("Past due", 501, 501)]
    paid_on, soon = MADE + timedelta(3), DUE - timedelta(5)
    nights.run(runtime, paid_on - timedelta(1), evening(paid_on))
    nights.pay(runtime, paid_on, [(number, make.INSTALLMENT_CENTS) for number in accounts])  # as much short as before
    nights.closed(runtime, paid_on)
    nights.run(runtime, soon, evening(soon))
    service.notices(runtime, soon, evening(soon))
    due_soon = (
        "select c.account_number from notice as n join contract as c using (contract_id) where n.kind = 'due_soon'"
    )
    with runtime.engine.connect() as connection:
        assert list(connection.execute(sa.text(due_soon)).scalars()) == [large]


def test_a_name_or_address_changes_only_by_a_row_with_a_later_date(runtime: Runtime, tmp_path: Path) -> None:
    text = runtime.settings.profile.read_text()
    profile = tmp_path / "profile.toml"
    profile.write_text(text)
    with runtime.engine.begin() as connection:
        load_profile(connection, profile)
    for before, after, rule in (
        ('name = "Meridian Motor Credit"', 'name = "Zenith Auto Finance"', "lender.name"),
        ("1501 North Plano Rd, Richardson, TX 75081", "9 Elm St, Richardson, TX 75081", "site.richardson"),
    ):
        profile.write_text(text.replace(before, after, 1))
        with runtime.engine.begin() as connection, pytest.raises(ConflictError, match=rule):
            load_profile(connection, profile)


def test_without_a_profile_or_a_night_it_says_so(runtime: Runtime) -> None:
    with pytest.raises(SettingsError, match="no lender in the database"):
        service.lender_of(runtime)
    with pytest.raises(NotReady, match="night of any day: not run yet"):
        service.night_of(runtime, None)
