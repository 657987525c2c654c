"""The print file: every piece lies where the manifest says, and the same papers give the same bytes."""

from __future__ import annotations

import csv
import io

from lockbox.customer.mail_piece import Mailer, mail_piece
from lockbox.customer.pdf import mail_bars
from lockbox.customer.print_file import print_file
from tests.builders.customer import MAILER, payments, statement, words


def test_without_a_mailer_id_nothing_is_printed_that_looks_like_one() -> None:
    piece = mail_piece(1, "k", 42, Mailer("00", "270", ""), "A", ("Plano, TX 75074",))
    assert (piece.tracking, piece.routing, piece.bars) == ("", "75074", "")
    made = print_file("Batch", "Meridian", [(statement(), piece)])
    (row,) = csv.DictReader(io.StringIO(made.manifest))
    assert (row["tracking"], row["bars"]) == ("NO BARCODE: mail.barcode has no mailer id", "")
    assert made.pdf == print_file("Batch", "Meridian", [(statement(), piece)]).pdf
    bars = print_file("Batch", "Meridian", [(statement(), mail_piece(1, "k", 42, MAILER, "A", ("Plano, TX 75074",)))])
    assert len(bars.pdf) > len(made.pdf)


def test_pieces_lie_where_the_manifest_says() -> None:
    papers = [statement(name="Ann Aaron"), statement(payments(75), name="Ben Baker"), statement(name="Cy Cole")]
    pairs = [
        (paper, mail_piece(no, f"statement/{no}", no, MAILER, paper.recipient.name, paper.recipient.address_lines))
        for no, paper in enumerate(papers, 1)
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
