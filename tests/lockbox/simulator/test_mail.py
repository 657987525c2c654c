"""A planned mail day: papers and truth agree, every story is told, and everything lies where it should."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, timedelta

import pytest
from stdnum.us import rtn

from lockbox.contract.master import Master
from lockbox.errors import UsageError
from lockbox.mail.reason import Reason
from lockbox.settings import ROOT
from lockbox.simulator.debts import debt_on
from lockbox.simulator.lender_terms import Terms, terms_of
from lockbox.simulator.mail import Document, MailDay, make_day
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper
from lockbox.simulator.portfolio import is_account_number, make_portfolio
from lockbox.simulator.scenarios import STORIES, ScanMix
from ocr.fields.coupon import parse
from ocr.reading import CheckKind

DAY = date(2026, 11, 16)
SEED = 7


@pytest.fixture(scope="module")
def master() -> Master:
    return make_portfolio(SEED, DAY - timedelta(days=1), b"k" * 32, contracts=2000)


@pytest.fixture(scope="module")
def terms() -> Terms:
    return terms_of(ROOT / "profiles" / "reference.toml")


@pytest.fixture(scope="module")
def day(master: Master, terms: Terms) -> MailDay:
    return make_day(master, SEED, DAY, terms, envelopes=200)


def documents(day: MailDay) -> list[Document]:
    return [document for batch in day.batches for document in batch.documents]


def checks(day: MailDay, *stories: str) -> list[tuple[CheckPaper, Document]]:
    return [
        (one.paper, one)
        for one in documents(day)
        if isinstance(one.paper, CheckPaper) and (not stories or one.truth.story in stories)
    ]


def cents_in(figures: str) -> int:
    """What the figures say, by a reading of their own."""
    found = re.fullmatch(r"\**\$?([\d,]+)(?:\.(\d\d)| (\d\d|xx|no)/100)\**", figures)
    assert found, figures
    cents = found[2] or found[3]
    return int(found[1].replace(",", "")) * 100 + (int(cents) if cents.isdigit() else 0)


def test_same_arguments_same_day(master: Master, terms: Terms, day: MailDay) -> None:
    assert make_day(master, SEED, DAY, terms, envelopes=200) == day
    other = make_day(master, SEED, DAY + timedelta(days=1), terms, envelopes=200)
    assert other.truth.items != day.truth.items


def test_the_next_day_other_contracts_pay(master: Master, terms: Terms, day: MailDay) -> None:
    def paid(one: MailDay) -> set[str]:
        return {line.account_number for item in one.truth.items for line in item.lines}

    assert not paid(day) & paid(make_day(master, SEED, DAY + timedelta(days=1), terms, envelopes=200))


def test_every_story_is_told_in_its_share(day: MailDay) -> None:
    told = Counter({one.truth.story: 0 for one in documents(day)})
    for envelope in (envelope for batch in day.batches for envelope in batch.envelopes):
        told[envelope.documents[0].truth.story] += 1
    assert {story.name for story in STORIES} <= set(told)
    assert 110 <= told["exact"] <= 150
    assert told["underpaid"] == 5


def test_shapes_come_in_the_usual_shares(day: MailDay) -> None:
    kinds = Counter(paper.kind for paper, _ in checks(day))
    assert 8 <= kinds[CheckKind.BILL_PAY] <= 28
    assert 4 <= kinds[CheckKind.BUSINESS] <= 20
    assert kinds[CheckKind.MONEY_ORDER] >= 2
    assert kinds[CheckKind.CASHIERS] >= 2
    envelopes = [envelope.documents for batch in day.batches for envelope in batch.envelopes]
    pairs = sum([one.truth.kind for one in each] == ["check", "coupon"] for each in envelopes)
    assert 0.5 < pairs / len(envelopes) < 0.8


def test_figures_words_and_truth_agree_but_where_the_story_says_so(day: MailDay) -> None:
    for paper, document in checks(day):
        assert cents_in(paper.courtesy_text) == paper.amount_cents
        cents_word = re.search(r"(\d\d|no|xx)/100", paper.legal_text, re.IGNORECASE)
        assert cents_word, paper.legal_text
        if document.truth.story == "words_differ":
            assert document.truth.amount_cents != paper.amount_cents
            assert document.truth.reasons == (Reason.AMOUNTS_DIFFER,)
        else:
            assert document.truth.amount_cents == paper.amount_cents
            shown = cents_word[1].lower().replace("no", "00").replace("xx", "00")
            assert int(shown) == paper.amount_cents % 100


def test_micr_fields_are_those_of_the_truth_and_can_be_nobodys(day: MailDay) -> None:
    for paper, document in checks(day):
        truth = document.truth
        assert (paper.routing, paper.bank_account, paper.serial) == (truth.routing, truth.bank_account, truth.serial)
        assert rtn.is_valid(paper.routing)
        assert paper.routing.startswith("57")
        if paper.kind in (CheckKind.PERSONAL, CheckKind.MONEY_ORDER):
            assert len(f"{paper.bank_account}C{paper.serial}") <= 19  # positions 14 to 32 of the MICR line


def test_lines_of_a_posting_add_up_to_the_check(day: MailDay) -> None:
    for _, document in checks(day):
        truth = document.truth
        if truth.outcome == "post":
            assert sum(line.amount_cents for line in truth.lines) == truth.amount_cents
        assert truth.must_stop is (truth.must_stop and bool(truth.reasons))
        assert set(truth.reasons) <= {str(reason) for reason in Reason}
        assert truth.outcome == "post" or truth.reasons


def test_account_numbers_on_paper_are_those_of_the_truth(day: MailDay, master: Master) -> None:
    numbers = {one.account_number for one in master.contracts}
    for document in documents(day):
        truth, paper = document.truth, document.paper
        if isinstance(paper, CouponPaper):
            line = parse(paper.scan_line)
            assert line
            assert line == parse(paper.barcode)
            assert (line.account_number, line.amount_due_cents) == (truth.account_number, truth.amount_cents)
            assert line.due_on == paper.due_on
        if isinstance(paper, CheckPaper) and truth.account_number:
            assert truth.account_number in f"{paper.memo_text} {paper.reference_text}"
        if truth.account_number:
            assert is_account_number(truth.account_number) is (truth.story != "transposed")
            assert (truth.account_number in numbers) is (truth.story not in ("transposed", "unknown_account"))


def test_dates_tell_what_the_stories_say(day: MailDay) -> None:
    for _, document in checks(day):
        story, written_on = document.truth.story, document.truth.dated_on
        if story == "undated":
            assert not written_on
            continue
        age = (DAY - date.fromisoformat(written_on)).days
        assert (age > 190) is (story in ("stale", "stale_bank_check"))
        assert (age < 0) is (story == "post_dated")
    for paper, document in checks(day, "stale_bank_check"):
        assert paper.kind in (CheckKind.CASHIERS, CheckKind.MONEY_ORDER)
        assert document.truth.outcome == "post"


def test_what_stops_a_check_is_on_its_paper_or_in_the_master(day: MailDay, master: Master, terms: Terms) -> None:
    assert all(paper.signer is None for paper, _ in checks(day, "unsigned"))
    assert all(paper.signer for paper, _ in checks(day, "exact") if paper.kind is not CheckKind.BILL_PAY)
    accepted = [name for names in terms.payees.values() for name in names]
    assert all(paper.payee not in accepted for paper, _ in checks(day, "wrong_payee"))
    settling = [paper for paper, _ in checks(day, "paid_in_full")]
    assert all("full" in (paper.memo_text or "").lower() for paper in settling if not paper.back_lines)
    assert not any(paper.back_lines for paper, _ in checks(day, "exact"))
    flags = {(one.account_number, f"flag_{one.flag}") for one in master.flags}
    for _, document in checks(day, "flagged"):
        (line,) = document.truth.lines
        assert all((line.account_number, reason) in flags for reason in document.truth.reasons)
    flagged = {number for number, _ in flags}
    others = {line.account_number for _, one in checks(day) if one.truth.story != "flagged" for line in one.truth.lines}
    assert not others & flagged
    letters = [one for one in documents(day) if one.truth.story == "paid_in_full_letter"]
    assert any("full" in " ".join(one.paper.lines) for one in letters if isinstance(one.paper, LetterPaper))


def test_amounts_fit_what_is_owed(day: MailDay, master: Master, terms: Terms) -> None:
    debts = {
        contract.account_number: debt_on(own.terms, opening.position, DAY, terms)
        for contract, own, opening in zip(master.contracts, master.terms, master.openings, strict=True)
    }
    due = {number: debt.due_cents for number, debt in debts.items() if debt}
    balance = {number: debt.balance_cents for number, debt in debts.items() if debt}
    for _, document in checks(day):
        for line in document.truth.lines:
            owed, all_ = due[line.account_number], balance[line.account_number]
            expected = {
                "exact": line.amount_cents == owed,
                "catch_up": line.amount_cents == owed,
                "double": line.amount_cents == min(2 * owed, all_),
                "payoff": line.amount_cents == all_,
                "overpaid": line.amount_cents > all_,
                "underpaid": line.amount_cents < owed - 500,
                "cents_short": owed - 500 <= line.amount_cents < owed,
                "rounded_up": owed < line.amount_cents <= owed + 5_000,
            }
            assert expected.get(document.truth.story, True), document.truth
    coupons = {one.truth.account_number: one.truth.amount_cents for one in documents(day) if one.truth.kind == "coupon"}
    assert all(due[number] == cents for number, cents in coupons.items() if number in due)


def test_several_checks_pay_their_coupon_and_several_coupons_are_of_one_customer(day: MailDay, master: Master) -> None:
    owner = {one.account_number: one.customer_no for one in master.contracts}
    for envelope in (envelope for batch in day.batches for envelope in batch.envelopes):
        story = envelope.documents[0].truth.story
        paid = sum(one.truth.amount_cents or 0 for one in envelope.documents if one.truth.kind == "check")
        asked = sum(one.truth.amount_cents or 0 for one in envelope.documents if one.truth.kind == "coupon")
        kinds = Counter(one.truth.kind for one in envelope.documents)
        if story in ("several_checks", "several_coupons"):
            assert paid == asked
            assert max(kinds["check"], kinds["coupon"]) >= 2
        if story == "coupons_differ":
            assert paid < asked
        if story in ("several_coupons", "coupons_differ"):
            assert (
                len({owner[one.truth.account_number] for one in envelope.documents if one.truth.kind == "coupon"}) == 1
            )


def test_a_duplicate_is_the_same_sheet_and_twins_are_two(day: MailDay) -> None:
    duplicates = [document for _, document in checks(day, "duplicate")]
    assert [one.truth.outcome for one in duplicates] == ["post", "review"] * (len(duplicates) // 2)
    for first, second in zip(duplicates[::2], duplicates[1::2], strict=True):
        assert (first.paper, first.draw_seed, first.truth.batch_no) == (
            second.paper,
            second.draw_seed,
            second.truth.batch_no,
        )
        assert first.scan_seed != second.scan_seed
        assert second.truth.reasons == (Reason.DUPLICATE,)
    twins = checks(day, "honest_twins")
    for (one, first), (other, second) in zip(twins[::2], twins[1::2], strict=True):
        assert int(other.serial) == int(one.serial) + 1
        assert (one.amount_cents, one.bank_account) == (other.amount_cents, other.bank_account)
        assert first.truth.outcome == second.truth.outcome == "post"
        assert first.draw_seed != second.draw_seed


def test_batches_are_numbered_and_of_one_box(day: MailDay, master: Master, terms: Terms) -> None:
    product = {one.account_number: one.product for one in master.contracts}
    assert 8 <= len(day.batches) <= 10
    assert len({(one.site_id, one.batch_no) for one in day.batches}) == len(day.batches)
    keys = [one.truth.key for one in documents(day)]
    assert len(set(keys)) == len(keys)
    for batch in day.batches:
        assert [one.truth.sequence for one in batch.documents] == list(range(1, len(batch.documents) + 1))
        assert [one.envelope_no for one in batch.envelopes] == list(range(1, len(batch.envelopes) + 1))
        assert len(batch.envelopes) <= 31
        assert batch.received_at.utcoffset() == timedelta(hours=-6)
        for one in batch.documents:
            wrong = one.truth.story == "wrong_box"
            for line in one.truth.lines:
                fits = batch.site_id == "richardson" or terms.regular.boxes[product[line.account_number]] == batch.box
                assert fits is not wrong
    late = [one.site_id for one in day.batches if one.received_at.hour >= 17]
    assert late == ["richardson"]
    (cash_letter,) = [one for one in day.batches if one.delivery == "x9"]
    assert len(cash_letter.envelopes) == len(cash_letter.documents) == 16
    assert {one.truth.kind for one in cash_letter.documents} == {"check"}
    assert {one.manner.format for one in cash_letter.documents} == {"g4"}
    assert {one.manner.format for one in documents(day)} == {"g4", "jpeg"}


def test_the_scanner_does_everything_to_some_documents(day: MailDay) -> None:
    troubled = Counter(trouble for one in documents(day) for trouble in one.truth.troubles)
    assert set(troubled) == set(ScanMix.__slots__)
    for one in documents(day):
        manner = one.manner
        signs = {"upside_down": manner.upside_down, "torn": manner.torn, "faint": manner.faint,
                 "speckled": manner.speckle > 0, "skewed": abs(manner.skew_deg) >= 2}  # fmt: skip
        assert tuple(name for name, there in signs.items() if there) == one.truth.troubles


def test_partial_payments_stop_where_the_lender_takes_none(master: Master, terms: Terms) -> None:
    from dataclasses import replace

    strict = make_day(master, SEED, DAY, replace(terms, accept_partial=False), envelopes=200)
    assert all(document.truth.must_stop for _, document in checks(strict, "underpaid", "one_of_several_due"))
    assert not any(document.truth.must_stop for _, document in checks(strict, "several_checks", "exact"))


@pytest.mark.parametrize("envelopes", [1, 12, 60, 300])
def test_days_of_any_size_have_about_as_many_envelopes(master: Master, terms: Terms, envelopes: int) -> None:
    day = make_day(master, SEED, DAY, terms, envelopes=envelopes)
    count = sum(len(batch.envelopes) for batch in day.batches)
    assert envelopes <= count <= envelopes * 1.1


def test_more_envelopes_than_contracts_are_refused(terms: Terms) -> None:
    few = make_portfolio(SEED, DAY - timedelta(days=1), b"k" * 32, contracts=30)
    with pytest.raises(UsageError, match="contracts"):
        make_day(few, SEED, DAY, terms, envelopes=50)
    assert len(make_day(few, SEED, DAY, terms, envelopes=20).truth.items) >= 20
