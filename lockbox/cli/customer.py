"""The verbs for customers: statements, notices, letters and contact details."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lockbox.cli.shared import AsOf, console, day_of, instant, ready
from lockbox.errors import UsageError
from lockbox.settings import Settings

app = typer.Typer()


@app.command()
def statements(
    day: Annotated[
        str, typer.Argument(help="date of the night that they follow, YYYY-MM-DD; the latest if not given")
    ] = "",
    as_of: AsOf = "",
) -> None:
    """Makes the statements that follow a night, prints those that go by mail, and plans the notices."""
    from lockbox.customer import service
    from lockbox.runtime import open_runtime

    settings = Settings()
    with ready(settings):
        runtime = open_runtime(settings)
        for line in service.after_night(runtime, day_of(day) if day else None, instant(as_of)):
            console.print(line, soft_wrap=True)


@app.command()
def notices(
    as_of: AsOf = "",
    bounced: Annotated[Path | None, typer.Option(help="folder with bounced email (*.eml), processed first")] = None,
) -> None:
    """Sends waiting notices that may go out at this hour; processes bounced email."""
    from lockbox.customer import service
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        for line in service.send(open_runtime(settings), at, bounced):
            console.print(line, soft_wrap=True)


@app.command()
def statement(
    account: Annotated[str, typer.Argument(help="account number")],
    out: Annotated[Path, typer.Option(help="PDF file to write")] = Path("statement.pdf"),
    as_of: AsOf = "",
) -> None:
    """Writes an account's latest statement as a PDF, derived from the ledger again, byte for byte."""
    from lockbox.customer import service
    from lockbox.runtime import open_runtime

    settings = Settings()
    with ready(settings):
        out.write_bytes(service.statement_pdf(open_runtime(settings), account, instant(as_of)))
    console.print(f"statement: {out}")


@app.command()
def payoff(
    account: Annotated[str, typer.Argument(help="account number")] = "",
    days: Annotated[int, typer.Option(min=0, help="days the quote is good for")] = 10,
    out: Annotated[Path, typer.Option(help="PDF file to write")] = Path("payoff.pdf"),
    quote: Annotated[int, typer.Option(help="number of an earlier quote, to write its letter again")] = 0,
    maker: Annotated[str, typer.Option(help="the person who makes the quote")] = "operator",
    as_of: AsOf = "",
) -> None:
    """Quotes a payoff amount, good through a date, with the cost of each day after that; writes the letter."""
    from lockbox.customer import service
    from lockbox.money import dollars
    from lockbox.runtime import open_runtime

    settings = Settings()
    with ready(settings):
        runtime = open_runtime(settings)
        if quote:
            quote_id, (letter, pdf) = quote, service.payoff_letter(runtime, quote)
        elif account:
            quote_id, letter, pdf = service.payoff_quote(runtime, account, instant(as_of), days, maker)
        else:
            raise UsageError("give an account number, or --quote with the number of a quote")
        out.write_bytes(pdf)
    console.print(
        f"quote {quote_id}: {dollars(letter.total_cents)} good through {letter.good_through}: {out}", soft_wrap=True
    )


@app.command()
def contact(
    account: Annotated[str, typer.Argument(help="account number")],
    email: Annotated[str, typer.Option(help="new email address")] = "",
    text: Annotated[str, typer.Option(help="new mobile number, as +12145550100")] = "",
    consent: Annotated[str, typer.Option(help="electronic_statements or text_messages")] = "",
    withdraw: Annotated[bool, typer.Option(help="withdraws the consent")] = False,
    version: Annotated[str, typer.Option(help="version of the consent text that was shown")] = "",
    shown: Annotated[str, typer.Option(help="how the consent text was shown")] = "",
    wish: Annotated[
        list[str] | None,
        typer.Option(help="channel for a kind of notice, as late=text (email, text or none); repeatable"),
    ] = None,
    as_of: AsOf = "",
) -> None:
    """Records a customer's email, mobile number, consent or withdrawal, and the channel for kinds of notices."""
    from lockbox.customer import service
    from lockbox.customer.contacts import Consent
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    agreement = Consent(consent, not withdraw, version, shown) if consent else None
    wishes = dict(_kind_and_channel(option) for option in wish or ())
    with ready(settings):
        service.note(open_runtime(settings), account, at, {"email": email, "text": text}, agreement, wishes)
    console.print("recorded")


def _kind_and_channel(option: str) -> tuple[str, str]:
    kind, equals, channel = option.partition("=")
    if not equals:
        raise UsageError(f"{option!r} is not KIND=CHANNEL, such as late=text")
    return kind.strip(), channel.strip()
