"""The print file: every piece where the manifest says, with a barcode that the Postal Service's own example proves."""

from __future__ import annotations

import csv
import io

import pytest

from lockbox.customer.mail_piece import Mailer, mail_piece, zip_code
from lockbox.customer.pdf import mail_bars
from lockbox.customer.print_file import print_file
from lockbox.errors import SettingsError
from tests.builders.customer import pages, payments, statement, words

MAILER = Mailer("00", "040", "123456")


def test_the_example_of_the_specification() -> None:
    """USPS-B-3200, appendix: tracking 01 234 567094 987654321 with no, a 5, 9 and 11-digit ZIP code."""
    tracking = "01234567094987654321"
    assert mail_bars(tracking, "") == "ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT"
    assert mail_bars(tracking, "01234") == "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT"
    assert mail_bars(tracking, "012345678") == "ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA"
    assert mail_bars(tracking, "01234567891") == "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"


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


def test_without_a_mailer_id_nothing_is_printed_that_looks_like_one() -> None:
    piece = mail_piece(1, "k", 42, Mailer("00", "270", ""), "A", ("Plano, TX 75074",))
    assert (piece.tracking, piece.routing, piece.bars) == ("", "75074", "")
    made = print_file("Batch", "Meridian", [(statement(), piece)])
    (row,) = csv.DictReader(io.StringIO(made.manifest))
    assert (row["tracking"], row["bars"]) == ("NO BARCODE: mail.barcode has no mailer id", "")
    assert made.pdf == print_file("Batch", "Meridian", [(statement(), piece)]).pdf
    bars = print_file("Batch", "Meridian", [(statement(), mail_piece(1, "k", 42, MAILER, "A", ("Plano, TX 75074",)))])
    assert len(bars.pdf) > len(made.pdf)


def test_the_zip_code_ends_the_address() -> None:
    assert zip_code(("75075 Main St", "Plano, TX 75074")) == "75074"
    assert zip_code(("1 Main St", "Plano, TX 75074-1234")) == "750741234"
    assert zip_code(("1 Main St", "Plano, TX")) == ""
    assert zip_code(()) == ""


def test_pieces_lie_where_the_manifest_says() -> None:
    papers = [statement(name="Ann Aaron"), statement(payments(75), name="Ben Baker"), statement(name="Cy Cole")]
    pairs = [
        (one, mail_piece(no, f"statement/{no}", no, MAILER, one.recipient.name, one.recipient.address_lines))
        for no, one in enumerate(papers, 1)
    ]
    made = print_file("Statements of 2026-11-16, batch 1", "Meridian Motor Credit", pairs)
    listed = list(csv.DictReader(io.StringIO(made.manifest)))
    printed = words(made.pdf)
    assert [row["name"] for row in listed] == ["Ann Aaron", "Ben Baker", "Cy Cole"]
    assert made.pieces == 3
    assert made.pages == len(printed)
    for row in listed:
        first = int(row["first_page"])
        assert first % 2 == 1  # on the front of a sheet
        assert row["name"] in printed[first - 1]
        last = first - 1 + int(row["pages"])
        assert last == len(printed) or printed[last] == "" or "Amount enclosed" in printed[last]
        assert row["bars"] == mail_bars(row["tracking"], row["routing"])
    assert (listed[0]["address_1"], listed[0]["address_2"]) == ("4821 Cedar Hollow Ln Apt 12", "Plano, TX 75074-1234")
    again = print_file("Statements of 2026-11-16, batch 1", "Meridian Motor Credit", pairs)
    assert (again.pdf, again.manifest) == (made.pdf, made.manifest)


def test_the_printed_bars_are_those_of_the_manifest() -> None:
    """Read from the picture: which bars reach up, which down."""
    import numpy as np

    from lockbox.customer.letterhead import ADDRESS_LEFT, ADDRESS_TOP
    from lockbox.customer.pdf import BAR_PITCH, BAR_STEP
    from lockbox.customer.statement_pdf import render

    tracking, routing = "00040123456000000001", "750741234"
    (page, *_) = pages(render(statement(), tracking, routing))
    dark = np.asarray(page) < 128
    scale = 200 / 72
    top = (ADDRESS_TOP - 28) * scale
    read = []
    for no in range(65):
        x = round((ADDRESS_LEFT + no * BAR_PITCH + 0.7) * scale)
        up, down = (bool(dark[round(top + BAR_STEP * scale * at), x]) for at in (0.5, 2.5))
        read.append({(True, True): "F", (True, False): "A", (False, True): "D", (False, False): "T"}[up, down])
    assert "".join(read) == mail_bars(tracking, routing)
