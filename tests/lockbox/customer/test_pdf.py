"""A printed page: lines that fit, signs that the fonts have, and bars as the Postal Service specifies them."""

from __future__ import annotations

import numpy as np
import pytest

from lockbox.customer.letterhead import ADDRESS_LEFT, ADDRESS_TOP
from lockbox.customer.pdf import BAR_PITCH, BAR_STEP, SANS, Document, fitted, mail_bars, printable, width_of, wrapped
from lockbox.customer.statement_pdf import render
from tests.builders.customer import ROUTING, TRACKING, pages, statement, words


def test_the_example_of_the_specification() -> None:
    """USPS-B-3200, appendix: tracking 01 234 567094 987654321 with no, a 5, 9 and 11-digit ZIP code."""
    tracking = "01234567094987654321"
    assert mail_bars(tracking, "") == "ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT"
    assert mail_bars(tracking, "01234") == "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT"
    assert mail_bars(tracking, "012345678") == "ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA"
    assert mail_bars(tracking, "01234567891") == "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA"


def test_the_printed_bars_are_those_of_the_manifest() -> None:
    """Read from the picture: which bars reach up, which down."""
    (page, *_) = pages(render(statement(), TRACKING, ROUTING))
    dark = np.asarray(page) < 128
    scale = 200 / 72
    top = (ADDRESS_TOP - 28) * scale
    read = []
    for no in range(65):
        x = round((ADDRESS_LEFT + no * BAR_PITCH + 0.7) * scale)
        up, down = (bool(dark[round(top + BAR_STEP * scale * at), x]) for at in (0.5, 2.5))
        read.append({(True, True): "F", (True, False): "A", (False, True): "D", (False, False): "T"}[up, down])
    assert "".join(read) == mail_bars(TRACKING, ROUTING)


def test_a_line_that_is_too_long_gets_smaller_and_then_cut() -> None:
    line = "Wolfeschlegelsteinhausenbergerdorff"
    wide = width_of(line, SANS, 10)
    assert fitted(line, SANS, 10, wide) == (line, 10)
    whole, size = fitted(line, SANS, 10, wide * 0.8)
    assert whole == line
    assert 7.9 < size < 8
    cut, size = fitted(line, SANS, 10, wide / 2)
    assert cut.endswith("…")
    assert size == 7
    assert width_of(cut, SANS, size) <= wide / 2


def test_lines_break_at_spaces_and_long_words_inside() -> None:
    room = width_of("Elm Street", SANS, 9)
    assert wrapped("1501 Elm Street North", SANS, 9, room) == ("1501 Elm", "Street", "North")
    assert "".join(wrapped("Llanfairpwllgwyngyll", SANS, 9, room)) == "Llanfairpwllgwyngyll"
    assert wrapped("", SANS, 9, room) == ()


@pytest.mark.parametrize(
    ("text", "in_print"), [("Plano", "Plano"), ("Würdig", "Würdig"), ("e\u0301", "é"), ("日", "?"), ("a\u200db", "ab")]
)
def test_what_the_fonts_lack_becomes_a_plain_sign(text: str, in_print: str) -> None:
    assert printable(text) == in_print


def test_a_stamp_is_drawn_once_and_shown_on_each_page() -> None:
    drawn: list[int] = []

    def draw() -> int:
        document.text(40, 40, "Important information")
        drawn.append(document.pages)
        return 7

    document = Document("Stamp", "Meridian")
    first = document.stamp("information", draw)
    document.next_page()
    assert (first, document.stamp("information", draw), drawn) == (7, 7, [1])
    assert all("Important information" in page for page in words(document.finish()))
