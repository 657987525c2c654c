"""A piece of outgoing mail: its address, its Intelligent Mail barcode, and its line in the mailing manifest."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lockbox.customer.pdf import mail_bars
from lockbox.errors import SettingsError

NO_BARCODE = "NO BARCODE: mail.barcode has no mailer id"
MANIFEST_COLUMNS = (
    "piece",
    "first_page",
    "pages",
    "key",
    "name",
    *(f"address_{no}" for no in range(1, 6)),
    "tracking",
    "routing",
    "bars",
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
FORMULA_SIGNS = ("=", "+", "-", "@")
_ZIP = re.compile(r"(?<!\d)(\d{5})(?:-?(\d{4}))?\s*$")


@dataclass(frozen=True, slots=True)
class Mailer:
    """How the Postal Service identifies the lender; from a dated row of its profile (USPS-B-3200, section 3)."""

    barcode_id: str  # 2 digits, the second 0 to 4
    service_type: str  # 3 digits
    mailer_id: str  # 6 or 9 digits, as assigned; "" while the lender has none: its mail carries no barcode

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\d[0-4]", self.barcode_id):
            raise SettingsError(f"mail.barcode: barcode id {self.barcode_id!r} is not two digits, the second 0 to 4")
        if not re.fullmatch(r"\d{3}", self.service_type):
            raise SettingsError(f"mail.barcode: service type {self.service_type!r} is not 3 digits")
        if not re.fullmatch(r"|[0-8]\d{5}|9\d{8}", self.mailer_id) or self.mailer_id == "000000":
            raise SettingsError(f"mail.barcode: mailer id {self.mailer_id!r} is not 6 digits, nor 9 beginning with 9")

    @property
    def is_known(self) -> bool:
        """Whether there is a mailer id."""
        return bool(self.mailer_id)


@dataclass(frozen=True, slots=True)
class MailPiece:
    """One envelope: `piece_no` numbers it in its print file, `tracking` and `routing` are in its barcode."""

    piece_no: int
    key: str  # natural key of the paper, as "statement/1234567869/2026-11-16"
    name: str
    address_lines: tuple[str, ...]
    tracking: str  # 20 digits, "" for a piece without barcode
    routing: str  # ZIP code as 5 or 9 digits, "" where the address ends in none

    @property
    def bars(self) -> str:
        """The barcode's 65 bars as F, A, D, T; "" for none."""
        return mail_bars(self.tracking, self.routing) if self.tracking else ""


def mail_piece(
    piece_no: int, key: str, serial: int, mailer: Mailer, name: str, address_lines: Sequence[str]
) -> MailPiece:
    """The piece with its barcode, if the mailer is known.

    `serial` is a number that the ledger gave the paper; it is cut to the digits there are, so that no number comes
    up again within the 45 days that the Postal Service requires.
    """
    digits = 15 - len(mailer.mailer_id)
    tracking = f"{mailer.barcode_id}{mailer.service_type}{mailer.mailer_id}{serial % 10**digits:0{digits}d}"
    if not mailer.is_known:
        tracking = ""
    return MailPiece(piece_no, key, name, tuple(address_lines), tracking, zip_code(address_lines))


def zip_code(address_lines: Sequence[str]) -> str:
    """The ZIP code that an address ends in, 5 or 9 digits; "" when there is none."""
    match = _ZIP.search(address_lines[-1]) if address_lines else None
    return match.group(1) + (match.group(2) or "") if match else ""


def manifest_csv(pieces: Iterable[tuple[MailPiece, int, int]]) -> str:
    """The mailing manifest, one line for each piece with its first page and number of pages in the print file.

    A piece without barcode says so in place of its tracking number. Names and addresses are as customers gave them: one
    that a spreadsheet would run as a formula is marked as text.
    """
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(MANIFEST_COLUMNS)
    for piece, first_page, pages in pieces:
        lines = _five(piece.address_lines)
        barcode = (piece.tracking or NO_BARCODE, piece.routing, piece.bars)
        given = map(plain_cell, (piece.key, piece.name, *lines))
        write((piece.piece_no, first_page, pages, *given, *barcode))
    return out.getvalue()


def plain_cell(text: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula (OWASP, CSV injection): one gets an apostrophe."""
    line = _CONTROL.sub(" ", text)
    sign = unicodedata.normalize("NFKC", line.lstrip(" \u00a0\ufeff")[:1])
    return f"'{line}" if sign in FORMULA_SIGNS else line


def _five(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Address lines in five columns; the last one takes the remaining lines."""
    return (*lines[:4], ", ".join(lines[4:])) if len(lines) > 4 else (*lines, *[""] * (5 - len(lines)))
