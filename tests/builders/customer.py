"""Builders of statements and letters: a test names only what it is about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pypdfium2
from PIL import Image

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
    contact="1-800-555-0142, Monday to Friday, 8 am to 8 pm Central",
    return_lines=("P.O. Box 650805", "Dallas, TX 75265-0805"),
    mail=MailTo("Meridian Motor Credit", ("P.O. Box 650805", "Dallas, TX 75265-0805")),
    overnight=MailTo("Meridian Motor Credit", ("1501 North Plano Rd", "Richardson, TX 75081")),
    information=(Words("How we apply payments", "First to accrued interest, then to the oldest installment."),),
)
LATE_FEE = LateFee(date(2026, 12, 22), 2063)
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff & Sons Würdig-Łukasiewicz Agricultural Machinery Holdings LLC"
LONG_STREET = "12345 Extraordinarily Long Boulevard Name of the Americas Building 7 Suite 1200"


def recipient(
    name: str = "Maria J Alvarez",
    address_lines: tuple[str, ...] = ("4821 Cedar Hollow Ln Apt 12", "Plano, TX 75074-1234"),
    account_number: str = "1234567869",
    product: str = "loan",
) -> Recipient:
    """Somebody who gets mail."""
    return Recipient(name, address_lines, account_number, product)


def statement(
    movements: tuple[Movement, ...] = (),
    due_lines: tuple[StatementLine, ...] = (StatementLine("Installment due 12/07/2026", 41250),),
    amount_due_cents: int = 41250,
    past_due_cents: int = 0,
    late_fee: LateFee | None = LATE_FEE,
    notes: tuple[str, ...] = (),
    sender: Letterhead = SENDER,
    **who: str,
) -> Statement:
    """A loan's statement of 16 November 2026."""
    return Statement(
        sender=sender,
        recipient=recipient(**who),  # type: ignore[arg-type]
        made_on=date(2026, 11, 16),
        period_from=date(2026, 10, 17),
        due_on=date(2026, 12, 7),
        amount_due_cents=amount_due_cents,
        due_lines=due_lines,
        past_due_cents=past_due_cents,
        facts=(Fact("Principal balance", "$15,100.12"), Fact("Annual interest rate", "6.490 %")),
        movements=movements,
        late_fee=late_fee,
        notes=notes,
    )


def payments(count: int) -> tuple[Movement, ...]:
    """That many payments, one a day."""
    days = [date(2026, 10, 17) + timedelta(no) for no in range(count)]
    return tuple(Movement(day, day, "Payment", -41250, {"principal": -30000, "interest": -11250}) for day in days)


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
        release="We release our lien within 10 days after your payoff has been received.",
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
