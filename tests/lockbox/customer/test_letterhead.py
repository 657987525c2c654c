"""What the papers share: who sends them, and an address that is whole in the window of the envelope."""

from __future__ import annotations

from lockbox.customer.letterhead import ADDRESS_LINES, draw_address, draw_head
from lockbox.customer.pdf import Document
from lockbox.customer.statement_pdf import render
from tests.builders.customer import SENDER, STATEMENTS, recipient, words


def test_a_long_name_is_whole_in_the_window_and_leaves_the_summary_alone() -> None:
    text = words(render(STATEMENTS["long name"]))[0]
    printed = " ".join(text.split())
    assert "Agricultural Machinery" in printed
    assert "Wilkes-Barre, PA 18701" in printed
    assert "…" not in text


def test_the_return_address_stands_on_the_first_page_alone() -> None:
    for first in (True, False):
        document = Document("Letterhead", "Meridian")
        draw_head(document, SENDER, "Loan statement", "Account 1234567869", first)
        (text,) = words(document.finish())
        assert "Meridian Motor Credit" in text
        assert ("P.O. Box 650805, Dallas, TX 75265-0805" in text) == first


def test_an_address_of_too_many_lines_keeps_name_and_city() -> None:
    lines = (*(f"Building {no}" for no in range(1, 9)), "Plano, TX 75074")
    document = Document("Address", "Meridian")
    draw_address(document, recipient(address_lines=lines), "", "")
    printed = words(document.finish())[0].splitlines()
    assert len(printed) == ADDRESS_LINES
    assert (printed[0], printed[-1]) == ("Maria J Alvarez", "Plano, TX 75074")
