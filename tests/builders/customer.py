"""Builders of statements and letters: a test names only what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pypdfium2
from PIL import Image

from lockbox.customer.mail_piece import Mailer
from lockbox.customer.payoff_letter import PayoffLetter
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

SENDER = Letterhead(
    name="Meridian Motor Credit",
    contact="1-800-555-0142, 8 a.m. to 8 p.m. Central, Monday through Friday",
    return_lines=("P.O. Box 650805", "Dallas, TX 75265-0805"),
    mail=MailTo("Meridian Motor Credit", ("P.O. Box 650805", "Dallas, TX 75265-0805")),
    overnight=MailTo("Meridian Motor Credit", ("1501 North Plano Rd", "Richardson, TX 75081")),
    information=(Words("How we apply payments", "First to accrued interest, then to the oldest installment."),),
)
TRACKING, ROUTING = "00040123456000000001", "750741234"  # of an Intelligent Mail barcode
MAILER = Mailer("00", "040", "123456")
LATE_FEE = LateFee(date(2026, 12, 22), 2063)
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff & Sons Würdig-Łukasiewicz Agricultural Machinery Holdings LLC"
LONG_STREET = "12345 Extraordinarily Long Boulevard Name of the Americas Building 7 Suite 1200"


def recipient(
    name: str = "Maria J Alvarez",
    address_lines: tuple[str, ...] = ("4821 Cedar Hollow Ln Apt 12", "Plano, TX 75074-1234"),
    account_number: str = "1234567869",
    product: str = "loan",
) -> Recipient:
    """Somebody to whom mail is sent."""
    return Recipient(name, address_lines, account_number, product)


def statement(
    movements: tuple[Movement, ...] = (),
    due_lines: tuple[StatementLine, ...] = (StatementLine("Installment due 12/07/2026", 41250),),
    amount_due_cents: int = 41250,
    past_due_cents: int = 0,
    late_fee: LateFee | None = LATE_FEE,
    notes: tuple[str, ...] = (),
    sender: Letterhead = SENDER,
    **who: Any,
) -> Statement:
    """A loan's statement of 16 November 2026; `who` are fields of its recipient."""
    return Statement(
        sender=sender,
        recipient=recipient(**who),
        made_on=date(2026, 11, 16),
        period_from=date(2026, 10, 17),
        due_on=date(2026, 12, 7),
        amount_due_cents=amount_due_cents,
        due_lines=due_lines,
        past_due_cents=past_due_cents,
        facts=(Fact("Current principal balance", "$15,100.12"), Fact("Annual simple interest rate", "6.49%")),
        movements=movements,
        late_fee=late_fee,
        notes=notes,
    )


def payments(count: int) -> tuple[Movement, ...]:
    """That many payments, one a day."""
    days = [date(2026, 10, 17) + timedelta(no) for no in range(count)]
    return tuple(Movement(day, day, "Payment", -41250, {"principal": -30000, "interest": -11250}) for day in days)


STATEMENTS = {
    "plain": statement(),
    "long activity": statement(payments(75)),
    "past due": statement(
        due_lines=(StatementLine("Past due", 82500), StatementLine("Installment", 41250)),
        amount_due_cents=123750,
        past_due_cents=82500,
    ),
    "nothing due": statement(amount_due_cents=0, due_lines=()),
    "long name": statement(name=LONG_NAME, address_lines=(LONG_STREET, "Wilkes-Barre, PA 18701")),
}


def payoff_letter(product: str = "loan", per_diem_cents: int = 268) -> PayoffLetter:
    """A payoff letter good for two weeks."""
    return PayoffLetter(
        sender=SENDER,
        recipient=recipient(product=product),
        quoted_on=date(2026, 11, 16),
        good_through=date(2026, 11, 30),
        lines=(StatementLine("Principal balance", 1510012), StatementLine("Interest through November 30, 2026", 13664)),
        total_cents=1523676,
        per_diem_cents=per_diem_cents,
        payoff_mail=MailTo("Meridian Lease Trust", ("P.O. Box 660893", "Dallas, TX 75266-0893")),
        payoff_overnight=MailTo("Meridian Lease Trust", ("1501 North Plano Rd", "Richardson, TX 75081")),
        release="We will release our lien within 10 days after we receive your final payment.",
    )


def pages(pdf: bytes) -> Sequence[Image.Image]:
    """The pages as gray pictures of 200 dpi."""
    document = pypdfium2.PdfDocument(pdf)
    return [page.render(scale=200 / 72, grayscale=True).to_pil() for page in document]


def words(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]


def coupon_of(page: Image.Image) -> Image.Image:
    """The lower third of a page, torn off just below the fold."""
    width, height = page.size
    return page.crop((0, height * 2 // 3 + 2, width, height))


def ink_outside(page: Image.Image, margin_px: int) -> int:
    """How many dark pixels lie nearer to the left and right edge of a page than the margin; the fold is not counted."""
    dark = np.asarray(page) < 128
    fold = page.size[1] * 2 // 3
    dark[fold - 6 : fold + 6] = False
    return int(dark[:, :margin_px].sum() + dark[:, -margin_px:].sum())
