"""The day report: it shows the figures of the day, masks account numbers, and is self-contained."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import sqlalchemy as sa
from PIL import Image, ImageDraw

from lockbox.ops_events import note_alone
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from reconciliation import daily
from reconciliation.chart import Bar, Node, bars, flow
from reconciliation.exceptions.card import card_of, group_cards
from reconciliation.exceptions.thumbnail import WIDTH_PX, ImageLayout, covered, data_uri, upright
from tests.builders import ledger as make

SCOPE = SiteDayScope("dallas", make.DAY)
ACCOUNT = "1000000123"
RANKED = {
    "accounts": [{"account_number": ACCOUNT, "name": "Ada <b>Payer</b>", "probability": 0.91, "due_cents": 41_250}],
    "amounts": [{"amount_cents": 41_250, "probability": 0.8}, {"amount_cents": 47_250, "probability": 0.15}],
}


def _check_image(turned: bool = False) -> bytes:
    """A white check, 1200 x 550 at 200 dpi, with a black MICR line at the foot and a black corner top left."""
    picture = Image.new("L", (1200, 550), 255)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((20, 20, 120, 60), fill=0)
    draw.rectangle((100, 490, 1000, 515), fill=0)
    if turned:
        picture = picture.transpose(Image.Transpose.ROTATE_180)
    buffer = io.BytesIO()
    picture.save(buffer, "TIFF")
    return buffer.getvalue()


@pytest.fixture
def day(runtime: Runtime) -> Runtime:
    """A day at Dallas: one check posted, one in suspense, one check and one letter in review, one file set aside."""
    front = runtime.images.put(_check_image())
    with runtime.engine.begin() as connection:
        make.lender(connection)
        batch_id = make.batch(connection, "D001", envelopes=4, documents=4)
        make.posted_check(connection, make.item(connection, batch_id, 1), make.contract(connection), 41_250)
        make.suspense_check(connection, make.item(connection, batch_id, 2), 20_000)
        check = make.item(connection, batch_id, 3, front_sha256=front)
        make.reading(connection, check, bank_account="••••••4321")
        make.decision(connection, check, "review", 41_250, reasons=["amount_doubtful", "paid_in_full"], ranked=RANKED)
        letter = make.item(connection, batch_id, 4)
        make.decision(connection, letter, "review", None, reasons=["correspondence"], kind="letter")
        make.stages_done(connection, f"{SCOPE}/D001")
        make.manifest(connection, [("D001", 4, 4)])
        make.set_aside(connection, "D001", "0007_b.tif", "<script>alert(1)</script> is not an image")
    return runtime


def _page(runtime: Runtime) -> str:
    return daily.report(runtime, make.DAY, make.EVENING).read_text(encoding="utf-8")


def _words(page: str) -> str:
    """The text a reader sees, in one line."""
    body = re.sub(r"<style>.*?</style>", "", page, flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_page_shows_the_figures_of_the_day(day: Runtime) -> None:
    daily.close(day, SCOPE, make.EVENING)
    words = _words(_page(day))
    for text in ("Meridian Motor Credit", "Monday, November 16, 2026", "Closed in balance", "33.3%", "$612.50"):
        assert text in words
    assert "In review: 2 items" in words
    assert "Clearing, Dallas clearing.dallas asset $612.50 $612.50 $0.00" in words


def test_the_page_needs_nothing_from_elsewhere(day: Runtime) -> None:
    class LinkParser(HTMLParser):
        links: list[str]

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in ("script", "link", "iframe", "object", "embed")
            self.links += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "xlink:href")]

    page = _page(day)
    parser = LinkParser()
    parser.links = []
    parser.feed(page)
    assert parser.links
    assert all(value.startswith(("#", "data:image/jpeg;base64,")) for value in parser.links)
    assert "url(" not in page
    assert "@import" not in page


def test_account_numbers_are_masked(day: Runtime) -> None:
    page = _page(day)
    assert ACCOUNT not in page
    assert "…0123" in page


def test_what_came_from_outside_is_escaped(day: Runtime) -> None:
    page = _page(day)
    assert "<script>" not in page
    assert "Ada <b>" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_check_is_filed_under_the_reason_that_weighs_most(day: Runtime) -> None:
    page = _page(day)
    assert re.search(r"<h4>“Paid in full”</h4>", page)
    assert re.search(r'<span class="chip">Amount in doubt</span>', page)


def test_the_same_page_comes_out_again(day: Runtime) -> None:
    first = _page(day)
    assert _page(day) == first
    assert [path.name for path in day.settings.reports_path.iterdir()] == ["2026-11-16.html"]


def test_an_open_day_says_what_it_waits_for(day: Runtime) -> None:
    path = daily.report(day, make.DAY, make.WORKED)
    words = _words(path.read_text())
    assert "Still open dallas: the cut-off is 2026-11-16 17:00 CST" in words
    assert "Deposit $612.50 2 checks accepted" in words
    assert "not yet made" in words


def test_a_day_out_of_balance_says_where(day: Runtime) -> None:
    with day.engine.begin() as connection:
        late = make.item(connection, 1, 5)
        make.decision(connection, late, "suspense", 1_000, reasons=["account_unknown"], suspense_kind="unidentified")
    words = _words(_page(day))
    assert "Out of balance" in words
    assert "dallas/2026-11-16/D001: captured checks 4 / $1,035.00" in words
    assert "✗ differs" in words


def test_the_page_tells_how_the_data_was_validated(day: Runtime) -> None:
    assert "Not validated yet." in _page(day)
    note_alone(day.engine, "error", "expectations", str(make.DAY), "14 of 15 expectations met", make.WORKED)
    note_alone(day.engine, "info", "expectations", str(make.DAY), "15 of 15 expectations met", make.EVENING)
    words = _words(_page(day))
    assert "✓ 15 of 15 expectations met" in words
    assert "14 of 15" not in words


def test_an_image_that_is_gone_does_not_stop_the_report(day: Runtime) -> None:
    assert "<img" in _page(day)
    for path in (day.settings.home / "images").rglob("*"):
        if path.is_file():
            path.unlink()
    assert "<img" not in _page(day)


def test_a_day_without_mail_has_a_page(day: Runtime) -> None:
    page = daily.report(day, make.DAY.replace(day=17), make.EVENING).read_text()
    assert "No mail" in page


def test_pictures_are_limited_and_the_rest_is_listed(day: Runtime) -> None:
    with day.engine.connect() as connection:
        from lockbox import db

        (row,) = [
            row
            for row in db.rows(connection, "reports/day_exceptions", business_date=make.DAY)
            if row["kind"] == "check" and row["outcome"] == "review"
        ]
    cards = [card_of({**row, "item_id": no, "sequence": no}) for no in range(1, 41)]
    (group,) = group_cards(cards, day.images.get)
    assert (len(group.pictured), len(group.listed)) == (12, 28)
    assert [card.sequence for card in group.pictured] == list(range(1, 13))


class TestThumbnail:
    """What is covered on a picture."""

    def _dark(self, picture: Image.Image, area: tuple[int, int, int, int]) -> bool:
        return bool(np.asarray(picture.crop(area)).min() < 60)

    def test_the_micr_line_is_covered_wherever_it_was_read(self) -> None:
        layout = ImageLayout(is_read=True, width_px=1200, dpi=200)
        assert not self._dark(covered(upright(_check_image(), layout), layout), (0, 480, 1200, 550))
        box = {"left_px": 100, "top_px": 490, "width_px": 900, "height_px": 25}
        precise = covered(upright(_check_image(), layout), ImageLayout(True, 0, 1200, 200, box))
        assert not self._dark(precise, (0, 474, 1200, 550))
        assert precise.getpixel((600, 460)) == 255  # no more than that

    def test_a_box_that_cannot_be_the_line_does_not_uncover_it(self) -> None:
        wrong = {"left_px": 20, "top_px": 20, "width_px": 100, "height_px": 20}
        layout = ImageLayout(True, 0, 1200, 200, wrong)
        assert not self._dark(covered(upright(_check_image(), layout), layout), (0, 480, 1200, 550))

    def test_a_check_is_turned_upright_before_it_is_covered(self) -> None:
        layout = ImageLayout(True, 180, 1200, 200)
        picture = covered(upright(_check_image(turned=True), layout), layout)
        assert self._dark(picture, (20, 20, 120, 60))
        assert not self._dark(picture, (0, 480, 1200, 550))

    def test_an_unread_check_is_covered_at_both_ends(self) -> None:
        picture = covered(upright(_check_image(turned=True), ImageLayout()), ImageLayout())
        assert not self._dark(picture, (0, 0, 1200, 80))
        assert not self._dark(picture, (0, 480, 1200, 550))

    def test_of_the_customers_number_the_last_four_digits_stay(self) -> None:
        box = {"left_px": 20, "top_px": 20, "width_px": 100, "height_px": 40}
        picture = covered(upright(_check_image(), ImageLayout()), ImageLayout(True, 0, 1200, 200, masked_boxes=(box,)))
        assert not self._dark(picture, (20, 20, 78, 60))
        assert self._dark(picture, (85, 20, 120, 60))

    def test_boxes_of_another_resolution_are_scaled(self) -> None:
        box = {"left_px": 10, "top_px": 10, "width_px": 50, "height_px": 20}
        picture = covered(upright(_check_image(), ImageLayout()), ImageLayout(True, 0, 600, 100, hidden_boxes=(box,)))
        assert not self._dark(picture, (20, 20, 120, 60))

    def test_the_picture_is_small_and_what_is_none_gives_none(self) -> None:
        uri = data_uri(_check_image(), ImageLayout())
        assert uri is not None
        data = base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"))
        assert Image.open(io.BytesIO(data)).size == (WIDTH_PX, round(550 * WIDTH_PX / 1200))
        assert data_uri(b"%PDF-1.7", ImageLayout()) is None


def test_bars_are_in_proportion_and_escape_their_words() -> None:
    svg = bars("Reasons", [Bar("a & b", (("#111", 2.0),), "2"), Bar("c", (("#111", 1.0),), "1")])
    wide = [float(value) for value in re.findall(r'<rect [^>]*width="([\d.]+)"', svg)]
    assert wide[0] == pytest.approx(2 * wide[1], abs=0.2)
    assert "a &amp; b" in svg
    assert 'aria-label="Reasons. a &amp; b: 2; c: 1"' in svg


def test_a_flow_keeps_what_goes_through() -> None:
    columns = [[Node("x", "X", "3", "#111")], [Node("y", "Y", "2", "#222"), Node("z", "Z", "1", "#333")]]
    svg = flow("Flow", columns, {("x", "y"): 2, ("x", "z"): 1})
    high = [float(value) for value in re.findall(r'<rect [^>]*height="([\d.]+)"', svg)]
    assert high[0] == pytest.approx(high[1] + high[2], abs=0.3)
    assert high[1] == pytest.approx(2 * high[2], abs=0.3)
    assert svg.count("<path") == 2


def test_every_report_query_runs_on_an_empty_database(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from batch")).scalar_one() == 0
    assert "No mail" in daily.report(runtime, make.DAY, make.EVENING).read_text()
