"""A check as drawn: figures of 412.50, words of 500 dollars, and its truth."""

from __future__ import annotations

from lockbox.simulator.mail import Document
from lockbox.simulator.papers import CheckPaper, ScanManner
from lockbox.simulator.truth import TrueItem, TrueLine
from ocr.reading import CheckKind

PAPER = CheckPaper(
    kind=CheckKind.PERSONAL,
    payer_lines=("Jordan Miller", "12 Cedar Lane", "Plano, TX 75074"),
    bank_name="Pecan Grove Bank",
    routing="570000018",
    bank_account="0123456789",
    serial="1042",
    payee="Meridian Motor Credit",
    amount_cents=41_250,
    courtesy_text="$412.50",
    legal_text="Five hundred and 00/100",
    date_text=None,
    memo_text="car payment",
    signer=None,
)


TRUTH = TrueItem(
    "dallas", "D001", 1, 1, "check", "words_differ", "review", lines=(TrueLine("1", 50_000),), amount_cents=50_000
)


DOCUMENT = Document(PAPER, ScanManner(), 1, 1, TRUTH)
