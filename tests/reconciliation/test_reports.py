"""The day report: it shows the figures of the day, masks account numbers, and is self-contained."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa

from lockbox.mail.noted_differences import accept, note_differences
from lockbox.ops_events import acknowledge, note, note_alone, settle
from lockbox.runtime import Runtime
from reconciliation import daily
from tests.builders import browser
from tests.builders import ledger as make
from tests.builders.site_days import NIGHT, SCOPE, check_image, lacking_day

ACCOUNT = "1000000123"
RANKED = {
    "accounts": [{"account_number": ACCOUNT, "name": "Ada <b>Payer</b>", "probability": 0.91, "due_cents": 41_250}],
    "amounts": [{"amount_cents": 41_250, "probability": 0.8}, {"amount_cents": 47_250, "probability": 0.15}],
}


@pytest.fixture
def day(runtime: Runtime) -> Runtime:
    """A day at Dallas: one check posted, one in suspense, one check and one letter in review, one file set aside."""
    front = runtime.images.put(check_image())
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
        make.set_aside(connection, "D001", "notes.txt", "<script>alert(1)</script> is not an image")
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
    """The chart counts every reason, the table of work queues each item once, and both say so."""
    page = _page(day)
    words = _words(page)
    assert "All reasons given An item with several reasons counts under each of them." in words
    assert "Work queues Each item counts once, under its most important reason." in words
    assert "In review, by every reason given. Amount in doubt: 1; Letter: 1; “Paid in full”: 1" in html.unescape(page)
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


def test_a_day_closed_with_open_differences_is_red_and_names_them(runtime: Runtime) -> None:
    daily.close(lacking_day(runtime), SCOPE, NIGHT)
    words = _words(daily.report(runtime, make.DAY, NIGHT).read_text())
    for text in (
        "Closed with open differences: 3 documents and 3 envelopes missing",
        "Dallas batch D001: 21 documents declared and announced, 18 captured: 3 missing (sequences 19 to 21)",
        "✗ closed with open differences",
        "✗ open differences",
    ):
        assert text in words
    assert "in balance" not in words.lower()
    assert "✓ ties" not in words
    assert "Needs attention" not in words  # told once


def test_an_accepted_day_ties_with_what_was_accepted_as_a_term(runtime: Runtime) -> None:
    lacking_day(runtime)
    with runtime.engine.begin() as connection:
        numbers = [each.difference_id for each in note_differences(connection, SCOPE, make.EVENING)]
        accept(connection, [number for number in numbers if number], "M. Ruiz", "shredded", make.EVENING)
    daily.close(runtime, SCOPE, make.EVENING)
    words = _words(_page(runtime))
    assert "Closed, differences accepted" in words
    assert "Ties, 3 documents and 3 envelopes missing, accepted by M. Ruiz: shredded" in words
    assert "✓ ties 3 documents and 3 envelopes missing, accepted by M. Ruiz: shredded" in words
    assert "in balance" not in words.lower()


def test_the_page_tells_how_the_data_was_validated(day: Runtime) -> None:
    assert "Not validated yet." in _page(day)
    note_alone(day.engine, "error", "expectations", str(make.DAY), "14 of 15 expectations met", make.WORKED)
    note_alone(day.engine, "info", "expectations", str(make.DAY), "15 of 15 expectations met", make.EVENING)
    words = _words(_page(day))
    assert "✓ 15 of 15 expectations met" in words
    assert "14 of 15" not in words


def test_of_two_validations_at_one_instant_the_one_written_last_is_shown(day: Runtime) -> None:
    """Richardson closes first and is validated alone, as of the same instant as the whole day afterwards."""
    note_alone(
        day.engine, "info", "expectations", str(make.DAY), "15 of 15 expectations met on 58 checks", make.EVENING
    )
    note_alone(
        day.engine, "info", "expectations", str(make.DAY), "15 of 15 expectations met on 203 checks", make.EVENING
    )
    words = _words(_page(day))
    assert "on 203 checks" in words
    assert "on 58 checks" not in words


def test_events_without_a_date_are_of_the_first_business_date_that_was_not_over(day: Runtime) -> None:
    """A contract's, an audit's and a DAG's; the sites' clocks count, and what a weekend brings is Monday's."""
    at = make.EVENING  # 7 p.m. of Monday, 1 a.m. of Tuesday by UTC
    sunday, next_morning = at - timedelta(1), at + timedelta(hours=12)
    with day.engine.begin() as connection:
        note(connection, "warning", "contract", "contract/1000000161", "new disclosures are due", at)
        note(connection, "error", "stage_failed", "audit/2026-W47/checks", "check i01 found rows", sunday, "audit")
        note(connection, "error", "task_failed", "lockbox_day_close", "late_work: killed", at, "late_work")
        note(connection, "warning", "contract", "contract/1000000179", "of Tuesday", next_morning)
        note(connection, "error", "stage_failed", "richardson/2026-11-13/R001", "of Friday", at, "read")
        note(connection, "error", "stage_failed", "night/2026-11-16", "night broke off", at, "bill")
        settle(connection, "task_failed", "lockbox_day_close", next_morning)
        seen = note(connection, "error", "manifest", "dallas/2026-11-16", "not JSON", at)
        acknowledge(connection, [seen], "Ann", "", at)
    words = _words(_page(day))
    for message in ("new disclosures are due", "check i01 found rows", "night broke off"):
        assert message in words
    assert "late_work: killed (closed 2026-11-17 07:00 CST)" in words
    assert "not JSON (acknowledged by Ann)" in words
    assert "of Tuesday" not in words
    assert "of Friday" not in words


def test_the_trial_balance_of_a_closed_day_is_that_of_its_close(day: Runtime) -> None:
    assert "Balances so far" in _words(_page(day))
    daily.close(day, SCOPE, make.EVENING)
    closed = _words(_page(day))
    assert "Balances at the close of this date" in closed
    with day.engine.begin() as connection:
        lines = [("bank.deposits", 700, None), ("equity.opening", -700, None)]
        make.journal(connection, lines, source_kind="accrual", source_key="night", site_id=None)
    assert _words(_page(day)) == closed


def test_an_image_that_is_gone_does_not_stop_the_report(day: Runtime) -> None:
    assert "<img" in _page(day)
    for path in (day.settings.home / "images").rglob("*"):
        if path.is_file():
            path.unlink()
    assert "<img" not in _page(day)


def test_a_day_without_mail_has_a_page(day: Runtime) -> None:
    page = daily.report(day, make.DAY.replace(day=17), make.EVENING).read_text()
    assert "No mail" in page


def test_every_report_query_runs_on_an_empty_database(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert connection.execute(sa.text("select count(*) from batch")).scalar_one() == 0
    assert "No mail" in daily.report(runtime, make.DAY, make.EVENING).read_text()


@pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium on this machine")
@pytest.mark.parametrize("dark", [False, True])
def test_the_page_is_legible_at_200_percent_and_nothing_is_cut_or_crossed(
    day: Runtime, tmp_path: Path, *, dark: bool
) -> None:
    """It does not scroll sideways, every word has contrast (WCAG 1.4.3, 1.4.10), and no ribbon runs through a label."""
    page = tmp_path / "day.html"
    page.write_text(_page(day))
    for zoom in (1.0, 2.0):
        seen = browser.seen(page, tmp_path, 1280, zoom, dark=dark)
        assert seen["width_px"] == 1280 / zoom
        faults = {name: seen[name] for name in ("sideways_px", "faint", "cut", "crossed", "wide")}
        assert faults == {"sideways_px": 0, "faint": [], "cut": [], "crossed": [], "wide": []}


@pytest.mark.skipif(browser.CHROMIUM is None or browser.axe_core() is None, reason="no Chromium, or no axe-core")
@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_on_the_page(day: Runtime, tmp_path: Path, *, dark: bool) -> None:
    """Names, roles, order of headings, tables, contrast: the rules of WCAG that a program can check."""
    page = tmp_path / "day.html"
    page.write_text(_page(day))
    seen = browser.accessibility(page, tmp_path, dark=dark)
    assert seen["rules"] > 15
    assert seen["findings"] == []
