"""What is on a piece of paper before it is drawn, and how the paper will be scanned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from ocr.reading import CheckKind


@dataclass(frozen=True, slots=True)
class CheckPaper:
    """One check. Texts are as the payer wrote or printed them; None leaves the place empty."""

    kind: CheckKind
    payer_lines: tuple[str, ...]  # name, then address, as printed top left
    bank_name: str
    routing: str  # 9 digits
    bank_account: str
    serial: str
    payee: str
    amount_cents: int  # what the figures say
    courtesy_text: str  # "412.50", "412 50/100", "$412.50**"
    legal_text: str  # "Four hundred twelve and 50/100"
    date_text: str | None
    memo_text: str | None  # often the account number; may be a restrictive phrase
    signer: str | None  # None: not signed
    reference_text: str | None = None  # typed by bill-payment services: "Account: 1234567890"
    back_lines: tuple[str, ...] = ()  # what the payer wrote on the back


@dataclass(frozen=True, slots=True)
class CouponPaper:
    """The tear-off coupon of a statement."""

    account_number: str
    amount_due_cents: int
    due_on: date
    scan_line: str  # digits with single spaces; "" prints none
    barcode: str  # payload; "" prints none
    customer_lines: tuple[str, ...]
    remit_lines: tuple[str, ...]  # the lender's name and address
    enclosed_text: str | None = None  # handwritten into the box "amount enclosed"
    scan_face: str = "ocr-a"  # or "ocr-b"
    symbology: str = "PDF417"  # or QRCode, DataMatrix, Code128
    ticked: bool | None = None  # the box that asks for principal only; None: not printed


@dataclass(frozen=True, slots=True)
class LetterPaper:
    """Correspondence: one page of US letter size, typed or handwritten."""

    lines: tuple[str, ...]
    by_hand: bool


Paper = CheckPaper | CouponPaper | LetterPaper


@dataclass(frozen=True, slots=True)
class ScanManner:
    """How the paper lay in the scanner and which file the scanner made."""

    format: str = "g4"  # "g4": Group 4 TIFF of X9.100-181, 200 dpi; "jpeg": gray JPEG
    dpi: int = 200  # 200 for g4; 100 to 200 for jpeg
    upside_down: bool = False
    skew_deg: float = 0.0  # -5 to 5
    torn: bool = False
    speckle: float = 0.0  # share of pixels flipped, 0 to 0.02
    faint: bool = False
