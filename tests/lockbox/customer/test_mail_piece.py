"""Mail pieces: tracking numbers, ZIP codes, and five address columns in the manifest."""

from __future__ import annotations

import csv
import io

import pytest

from lockbox.customer.mail_piece import Mailer, mail_piece, manifest_csv, plain_cell, zip_code
from lockbox.errors import SettingsError
from tests.builders.customer import MAILER


def test_the_serial_fills_the_digits_the_mailer_id_leaves() -> None:
    short = mail_piece(1, "k", 1_234_567_890, MAILER, "A", ("Plano, TX 75074",))
    assert short.tracking == "00040123456234567890"
    long = mail_piece(1, "k", 42, Mailer("00", "040", "923456789"), "A", ("Plano, TX 75074",))
    assert long.tracking == "00040923456789000042"
    for wrong in (
        ("00", "040", "000000"),
        ("05", "040", "123456"),
        ("00", "40", "123456"),
        ("00", "040", "12345678"),
        ("00", "040", "923456"),
    ):
        with pytest.raises(SettingsError, match=r"mail\.barcode"):
            Mailer(*wrong)


def test_the_zip_code_ends_the_address() -> None:
    assert zip_code(("75075 Main St", "Plano, TX 75074")) == "75074"
    assert zip_code(("1 Main St", "Plano, TX 75074-1234")) == "750741234"
    assert zip_code(("1 Main St", "Plano, TX")) == ""
    assert zip_code(()) == ""


def test_an_address_of_six_lines_fills_the_last_column() -> None:
    lines = ("Suite 1", "Floor 2", "Building 3", "Campus 4", "1 Main St", "Plano, TX 75074")
    (row,) = csv.DictReader(io.StringIO(manifest_csv([(mail_piece(1, "k", 42, MAILER, "Ann", lines), 3, 2)])))
    assert [row[f"address_{no}"] for no in range(1, 6)] == [*lines[:4], "1 Main St, Plano, TX 75074"]
    assert (row["piece"], row["first_page"], row["pages"], row["routing"]) == ("1", "3", "2", "75074")


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(1)", "+1", "-1", "@SUM(1)", "\t=1", "a\r=1", "\n=1", " =1", "\uff1d1", "\ufeff=1"]
)
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    """Customers give names and addresses; whoever opens the manifest must not run them."""
    piece = mail_piece(1, text, 42, MAILER, text, (text, "Plano, TX 75074"))
    (row,) = csv.DictReader(io.StringIO(manifest_csv([(piece, 3, 2)]), newline=""))
    plain = " ".join(text.splitlines()).replace("\t", " ")
    assert [row["key"], row["name"], row["address_1"]] == [plain if plain[0] == "a" else f"'{plain}"] * 3
    assert plain_cell("O'Neil-Smith + Sons") == "O'Neil-Smith + Sons"
    assert plain_cell("") == ""
