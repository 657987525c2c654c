"""The verbs about what goes to customers: statements, notices, letters, and how customers are reached."""

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
    day: Annotated[str, typer.Argument(help="the night they follow, YYYY-MM-DD; the newest if not given")] = "",
    as_of: AsOf = "",
) -> None:
    """Makes the statements of a night, prints what goes out on paper, and plans the notices."""
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
    bounced: Annotated[Path | None, typer.Option(help="folder with mail that bounced (*.eml), taken in first")] = None,
) -> None:
    """Sends the notices that are waiting and may go out at this hour; takes in mail that bounced."""
    from lockbox.customer import service
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    with ready(settings):
        for line in service.send(open_runtime(settings), at, bounced):
            console.print(line, soft_wrap=True)


@app.command()
def statement(
    account: Annotated[str, typer.Argument(help="account number")],
    out: Annotated[Path, typer.Option(help="the PDF to write")] = Path("statement.pdf"),
    as_of: AsOf = "",
) -> None:
    """Writes the newest statement of an account as PDF, derived from the ledger again, byte for byte."""
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
    out: Annotated[Path, typer.Option(help="the PDF to write")] = Path("payoff.pdf"),
    quote: Annotated[int, typer.Option(help="number of an earlier quote: writes its letter again")] = 0,
    maker: Annotated[str, typer.Option(help="who quotes it")] = "operator",
    as_of: AsOf = "",
) -> None:
    """Quotes what pays a contract off, good through a day, with the cost of each day after that; writes the letter."""
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
            raise UsageError("an account number, or --quote with the number of a quote")
        out.write_bytes(pdf)
    console.print(
        f"quote {quote_id}: {dollars(letter.total_cents)} good through {letter.good_through}: {out}", soft_wrap=True
    )


@app.command()
def contact(
    account: Annotated[str, typer.Argument(help="account number")],
    email: Annotated[str, typer.Option(help="email address from now on")] = "",
    text: Annotated[str, typer.Option(help="mobile number from now on, +12145550100")] = "",
    consent: Annotated[str, typer.Option(help="electronic_statements or text_messages")] = "",
    withdraw: Annotated[bool, typer.Option(help="the consent is withdrawn, not given")] = False,
    version: Annotated[str, typer.Option(help="version of the text that was shown")] = "",
    shown: Annotated[str, typer.Option(help="how it was shown")] = "",
    wish: Annotated[
        list[str] | None, typer.Option(help="notices of a kind go by email, text or none: late=text; may be repeated")
    ] = None,
    as_of: AsOf = "",
) -> None:
    """Notes what a customer tells us: addresses, consents or their withdrawal, and channels for kinds of notices."""
    from lockbox.customer import service
    from lockbox.customer.contacts import Consent
    from lockbox.runtime import open_runtime

    settings, at = Settings(), instant(as_of)
    given = Consent(consent, not withdraw, version, shown) if consent else None
    wishes = dict(_kind_and_channel(word) for word in wish or ())
    with ready(settings):
        service.note(open_runtime(settings), account, at, {"email": email, "text": text}, given, wishes)
    console.print("noted")


def _kind_and_channel(word: str) -> tuple[str, str]:
    kind, equals, channel = word.partition("=")
    if not equals:
        raise UsageError(f"{word!r} is not KIND=CHANNEL (late=text)")
    return kind.strip(), channel.strip()
