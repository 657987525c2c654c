"""What goes to customers, verb by verb: statements and notices after a night, letters on request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from lockbox.customer import contacts
from lockbox.customer import payoff_letter as letters
from lockbox.customer import statement_pdf as pages
from lockbox.customer.bounces import take_bounces
from lockbox.customer.contacts import Consent
from lockbox.customer.notice_sending import plan_notices, send_notices
from lockbox.customer.payoff_letter import PayoffLetter
from lockbox.customer.payoff_quotes import QuoteRequest, letter_of, make_quote
from lockbox.customer.print_runs import folder_of, print_letters, print_rejections, print_statements
from lockbox.customer.statement_runs import make_statements, newest_statement
from lockbox.errors import NotReady
from lockbox.lender.dated_rules import lender_day, lender_served
from lockbox.runtime import Runtime
from lockbox.settings import Settings


def after_night(runtime: Runtime, day: date | None, as_of: datetime) -> list[str]:
    """Statements, print runs and planned notices of a night, each once; of the newest night unless one is named.

    Raises:
        NotReady: that night has not been run.
    """
    night = night_of(runtime, day)
    return [verb(runtime, night, as_of) for verb in AFTER_NIGHT.values()]


def statements(runtime: Runtime, night: date, as_of: datetime) -> str:
    """Makes the statements of a night."""
    return make_statements(runtime, lender_of(runtime), night, as_of)


def print_runs(runtime: Runtime, night: date, as_of: datetime) -> str:
    """Prints what goes out on paper: statements, letters to owners of unclaimed money, and with returned papers."""
    lender_id = lender_of(runtime)
    printers = (print_rejections, print_letters, print_statements)
    lines = [verb(runtime, lender_id, night, as_of) for verb in printers]
    return "; ".join(line for line in lines if line)


def notices(runtime: Runtime, night: date, as_of: datetime) -> str:
    """Plans the notices of a night."""
    return plan_notices(runtime, lender_of(runtime), night, as_of)


# In this order, after a night; print runs take the statements that go on paper.
AFTER_NIGHT: Mapping[str, Callable[[Runtime, date, datetime], str]] = {
    "statements": statements,
    "print_runs": print_runs,
    "notices": notices,
}


def send(runtime: Runtime, as_of: datetime, bounced: Path | None = None) -> list[str]:
    """Takes in mail that bounced, then sends what is waiting."""
    lines = [take_bounces(runtime, bounced, as_of)] if bounced else []
    return [*lines, send_notices(runtime, lender_of(runtime), as_of)]


def statement_pdf(runtime: Runtime, account_number: str, as_of: datetime) -> bytes:
    """The newest statement of an account as PDF."""
    with runtime.engine.connect() as connection:
        return pages.render(newest_statement(connection, lender_of(runtime), account_number, as_of).statement)


def payoff_quote(
    runtime: Runtime, account_number: str, as_of: datetime, days: int, maker: str = "operator"
) -> tuple[int, PayoffLetter, bytes]:
    """A payoff quote on the lender's date, good for a number of days: its number, its letter, and the letter as PDF."""
    with runtime.engine.begin() as connection:
        lender_id = lender_served(connection, runtime.settings.profile)
        quoted_on = lender_day(connection, lender_id, as_of)
        asked = QuoteRequest(lender_id, account_number, quoted_on, quoted_on + timedelta(days), maker, as_of)
        quote_id = make_quote(connection, asked)
    return quote_id, *payoff_letter(runtime, quote_id)


def payoff_letter(runtime: Runtime, quote_id: int) -> tuple[PayoffLetter, bytes]:
    """The letter of an earlier quote, the same at any later time, and as PDF."""
    with runtime.engine.connect() as connection:
        letter = letter_of(connection, quote_id)
    return letter, letters.render(letter)


def note(
    runtime: Runtime,
    account_number: str,
    as_of: datetime,
    addresses: Mapping[str, str] | None = None,
    consent: Consent | None = None,
    wishes: Mapping[str, str] | None = None,
) -> None:
    """Notes what a customer told us, all or nothing: addresses by channel ("" for none), a consent, and wishes as
    channels by kind of notice.

    Raises:
        InputError: no such account, or a value that cannot be one; nothing is noted then.
    """
    with runtime.engine.begin() as connection:
        customer = contacts.customer_of(connection, lender_of(runtime), account_number)
        for channel, address in (addresses or {}).items():
            if address:
                contacts.set_contact(connection, customer, channel, address, as_of)
        if consent is not None:
            contacts.note_consent(connection, customer, consent, as_of)
        for kind, channel in (wishes or {}).items():
            contacts.note_wish(connection, customer, kind, channel, as_of)


def summary_lines(connection: sa.Connection, settings: Settings, day: date) -> list[str]:
    """What was made after the night of a day, as lines: statements, print files, and the state of all notices."""
    counts = connection.execute(
        sa.text("""
            select
                count(*) as made,
                count(*) filter (where delivery = 'electronic') as electronic,
                (select count(*) from print_run where made_on = :day) as runs,
                (select coalesce(sum(pages), 0) from print_run where made_on = :day) as pages
            from statement where made_on = :day"""),
        {"day": day},
    ).one()
    notices = connection.execute(
        sa.text("select kind || ' ' || state, count(*) from notice_state group by 1 order by 1")
    )
    sent = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in notices)
    printed = f"{counts.pages:,} pages in {counts.runs} print files: {folder_of(settings)}"
    return [
        f"statements: {counts.made:,} made, {counts.electronic:,} of them electronic; {printed}",
        f"notices so far: {sent or 'none'}",
    ]


def lender_of(runtime: Runtime) -> str:
    """The lender that this installation serves."""
    with runtime.engine.connect() as connection:
        return lender_served(connection, runtime.settings.profile)


def night_of(runtime: Runtime, day: date | None) -> date:
    """The night to follow up: the newest that was run, or the one that is named.

    Raises:
        NotReady: none was run, or that one was not.
    """
    with runtime.engine.connect() as connection:
        newest: date | None = connection.execute(sa.text("select max(business_date) from night")).scalar()
    if newest is None or (day is not None and day > newest):
        raise NotReady(f"night of {day or 'any day'}: not run yet")
    return day or newest
