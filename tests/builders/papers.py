"""Builders of papers to draw: a test gives only what it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper, Paper
from ocr.fields.coupon import barcode_payload, compose
from ocr.reading import CheckKind

ACCOUNT_NUMBER = "4071938212"


def check(kind: CheckKind = CheckKind.PERSONAL, **changes: Any) -> CheckPaper:
    paper = CheckPaper(
        kind=kind,
        payer_lines=("Kathleen O'Brien", "4417 Larkspur Lane", "Dayton, OH 45402"),
        bank_name="First Prairie Bank",
        routing="571234565",
        bank_account="8366318141",
        serial="1330",
        payee="Meridian Auto Finance",
        amount_cents=41_250,
        courtesy_text="412.50" if kind is CheckKind.PERSONAL else "**412.50**",
        legal_text="Four hundred twelve and 50/100",
        date_text="3/14/26",
        memo_text=ACCOUNT_NUMBER,
        signer=None if kind is CheckKind.BILL_PAY else "Kathleen O'Brien",
        reference_text=f"Account: {ACCOUNT_NUMBER}" if kind is CheckKind.BILL_PAY else None,
    )
    return replace(paper, **changes)


def coupon(**changes: Any) -> CouponPaper:
    due_on = date(2026, 4, 1)
    line = compose(ACCOUNT_NUMBER, 41_250, due_on)
    paper = CouponPaper(
        account_number=ACCOUNT_NUMBER,
        amount_due_cents=41_250,
        due_on=due_on,
        scan_line=line,
        barcode=barcode_payload(line),
        customer_lines=("Kathleen O'Brien", "4417 Larkspur Lane", "Dayton OH 45402"),
        remit_lines=("Meridian Auto Finance", "PO Box 57120", "Columbus OH 43218-7120"),
        enclosed_text="412.50",
    )
    return replace(paper, **changes)


def letter(by_hand: bool = False) -> LetterPaper:
    return LetterPaper(("Meridian Auto Finance", "", "Please correct my balance.", "Kathleen O'Brien"), by_hand)


def every_kind() -> list[Paper]:
    return [*(check(kind) for kind in CheckKind), coupon(), letter(), letter(by_hand=True)]
