"""How fast statements are drawn: processor time for each PDF, alone and in a print file, from made-up content."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path

from rich.table import Table

from lockbox.contract.terms import LOAN_ORDER, Excess
from lockbox.customer.mail_piece import Mailer, mail_piece
from lockbox.customer.order_words import with_order
from lockbox.customer.print_file import print_file
from lockbox.customer.statement import (
    Fact,
    LateFee,
    Letterhead,
    MailTo,
    Movement,
    Recipient,
    Statement,
    StatementLine,
    Words,
)
from lockbox.customer.statement_pdf import render
from lockbox.lender.profile import read_profile
from lockbox.simulator.portfolio import with_check_digits

DAY = date(2026, 11, 16)


def bench_statements(profile: Path, count: int, workers: int) -> Table:
    """Processor seconds, which do not depend on other work; "per second" is over `workers` processes."""
    rules = {row["rule"]: row["value"] for row in read_profile(profile)["policy"]}
    information = tuple(Words(words["heading"], words["text"]) for words in rules["paper.information"])
    papers = [_statement(information, no) for no in range(count)]
    render(papers[0])  # fonts are opened once a process
    table = Table("what", "ms each", f"per second, {workers} processes", "bytes each", title="Bench of statements")
    began = time.process_time()
    size = sum(len(render(paper, "00040000000000000001", "75074")) for paper in papers)
    _row(table, "statements, one PDF each", time.process_time() - began, count, workers, size)
    mailer = Mailer("00", "270", "123456")
    pairs = [
        (paper, mail_piece(no, str(no), no, mailer, paper.recipient.name, paper.recipient.address_lines))
        for no, paper in enumerate(papers, 1)
    ]
    began = time.process_time()
    made = print_file("bench", "bench", pairs)
    _row(table, "statements in a print file", time.process_time() - began, count, workers, len(made.pdf))
    return table


def _row(table: Table, what: str, seconds: float, count: int, workers: int, size: int) -> None:
    table.add_row(what, f"{seconds / count * 1000:.1f}", f"{workers * count / seconds:.0f}", f"{size // count:,}")


def _statement(information: tuple[Words, ...], no: int) -> Statement:
    box = MailTo("Lender", ("P.O. Box 1", "Dallas, TX 75265-0805"))
    letterhead = Letterhead("Lender", "1-800-555-0142", box.address_lines, box, box, information)
    sender = with_order(letterhead, LOAN_ORDER, Excess.ADVANCE)
    address = (f"{100 + no} Cedar Hollow Ln", f"Plano, TX 75{no % 1000:03d}")
    days = [DAY - timedelta(back) for back in (20, 11, 4)]
    return Statement(
        sender=sender,
        recipient=Recipient(f"Customer Number {no}", address, with_check_digits(10_000_000 + no), "loan"),
        made_on=DAY,
        period_from=DAY - timedelta(30),
        due_on=DAY + timedelta(21),
        amount_due_cents=41_250 + no,
        due_lines=(StatementLine("Installment", 41_250 + no),),
        past_due_cents=0,
        facts=tuple(Fact(f"Fact {at}", f"${at * 1000 + no:,}.00") for at in range(8)),
        movements=tuple(
            Movement(day, day, "Payment", -20_000 - no, {"principal": -15_000, "interest": -5_000 - no}) for day in days
        ),
        late_fee=LateFee(DAY + timedelta(36), 2_062),
        notes=(),
    )
