"""A planned mail day: papers and truth agree, every story comes, and everything is in its batch."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from num2words import num2words
from stdnum.us import rtn

from lockbox.contract.master import Master
from lockbox.errors import UsageError
from lockbox.mail.reason import Reason
from lockbox.simulator.debts import debt_on
from lockbox.simulator.lender_terms import Terms
from lockbox.simulator.mail import Document, MailDay, make_day
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper
from lockbox.simulator.portfolio import is_account_number, make_portfolio
from lockbox.simulator.scenarios import STORIES, ScanMix
from ocr.fields.coupon import parse
from ocr.reading import CheckKind
from tests.builders import simulated
from tests.builders.simulated import DAY, SEED


@pytest.fixture(scope="module")
def master() -> Master:
    return simulated.portfolio()


@pytest.fixture(scope="module")
def terms() -> Terms:
    return simulated.terms()


@pytest.fixture(scope="module")
def day(master: Master, terms: Terms) -> MailDay:
    return make_day(master, SEED, DAY, terms, envelopes=200)


def documents(day: MailDay) -> list[Document]:
    return [document for batch in day.batches for document in batch.documents]


def checks(day: MailDay, *stories: str) -> list[tuple[CheckPaper, Document]]:
    return [
        (document.paper, document)
        for document in documents(day)
        if isinstance(document.paper, CheckPaper) and (not stories or document.truth.story in stories)
    ]


def cents_in(figures: str) -> int:
    """What the figures say, read independently."""
    match = re.fullmatch(r"\**\$?([\d,]+)(?:\.(\d\d)| (\d\d|xx|no)/100)\**", figures)
    assert match, figures
    cents = match[2] or match[3]
    return int(match[1].replace(",", "")) * 100 + (int(cents) if cents.isdigit() else 0)


def cents_said(words: str) -> int:
    """What the words say of cents, read independently."""
    text = words.lower()
    in_figures = re.search(r"(\d\d?|no|xx|zero)(?:/100|/xx| cents)", text)
    if in_figures:
        return int(in_figures[1]) if in_figures[1].isdigit() else 0
    in_words = re.search(r" and ([a-z-]+) cents$", text)
    if in_words:
        return [num2words(cents) for cents in range(100)].index(in_words[1])
    assert re.search(r"(dollars|even|only|exactly)$", text), words
    return 0


def test_same_arguments_same_day(master: Master, terms: Terms, day: MailDay) -> None:
    assert make_day(master, SEED, DAY, terms, envelopes=200) == day
    next_day = make_day(master, SEED, DAY + timedelta(days=1), terms, envelopes=200)
    assert next_day.truth.items != day.truth.items


def test_different_contracts_pay_on_the_next_day(master: Master, terms: Terms, day: MailDay) -> None:
    def paid(day: MailDay) -> set[str]:
        return {line.account_number for item in day.truth.items for line in item.lines}

    assert not paid(day) & paid(make_day(master, SEED, DAY + timedelta(days=1), terms, envelopes=200))


def test_every_story_comes_in_its_share(day: MailDay) -> None:
    counts = Counter({document.truth.story: 0 for document in documents(day)})
    for envelope in (envelope for batch in day.batches for envelope in batch.envelopes):
        counts[envelope.documents[0].truth.story] += 1
    assert {story.name for story in STORIES} <= set(counts)
    assert 110 <= counts["exact"] <= 150
    assert counts["underpaid"] == 5


def test_shapes_come_in_the_usual_shares(day: MailDay) -> None:
    kinds = Counter(paper.kind for paper, _ in checks(day))
    assert 8 <= kinds[CheckKind.BILL_PAY] <= 28
    assert 4 <= kinds[CheckKind.BUSINESS] <= 20
    assert kinds[CheckKind.MONEY_ORDER] >= 2
    assert kinds[CheckKind.CASHIERS] >= 2
    envelopes = [envelope.documents for batch in day.batches for envelope in batch.envelopes]
    pairs = sum([document.truth.kind for document in envelope] == ["check", "coupon"] for envelope in envelopes)
    assert 0.5 < pairs / len(envelopes) < 0.8


def test_figures_words_and_truth_agree_but_where_the_story_says_so(day: MailDay) -> None:
    for paper, document in checks(day):
        assert cents_in(paper.courtesy_text) == paper.amount_cents
        if document.truth.story == "words_differ":
            assert document.truth.amount_cents != paper.amount_cents
            assert document.truth.reasons == (Reason.AMOUNTS_DIFFER,)
        else:
            assert document.truth.amount_cents == paper.amount_cents
            assert cents_said(paper.legal_text) == paper.amount_cents % 100


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
    numbers = {contract.account_number for contract in master.contracts}
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
    flags = {(flag.account_number, f"flag_{flag.flag}") for flag in master.flags}
    for _, document in checks(day, "flagged"):
        (line,) = document.truth.lines
        assert all((line.account_number, reason) in flags for reason in document.truth.reasons)
    flagged = {number for number, _ in flags}
    unflagged = [document for _, document in checks(day) if document.truth.story != "flagged"]
    assert not {line.account_number for document in unflagged for line in document.truth.lines} & flagged
    papers = [document.paper for document in documents(day) if document.truth.story == "paid_in_full_letter"]
    assert any("full" in " ".join(paper.lines) for paper in papers if isinstance(paper, LetterPaper))


def test_amounts_fit_what_is_owed(day: MailDay, master: Master, terms: Terms) -> None:
    debts = {
        contract.account_number: debt_on(own.terms, opening.position, DAY, terms)
        for contract, own, opening in zip(master.contracts, master.terms, master.openings, strict=True)
    }
    due = {number: debt.due_cents for number, debt in debts.items() if debt}
    balance = {number: debt.balance_cents for number, debt in debts.items() if debt}
    for _, document in checks(day):
        for line in document.truth.lines:
            owed, payoff = due[line.account_number], balance[line.account_number]
            expected = {
                "exact": line.amount_cents == owed,
                "catch_up": line.amount_cents == owed,
                "double": line.amount_cents == min(2 * owed, payoff),
                "payoff": line.amount_cents == payoff,
                "overpaid": line.amount_cents > payoff,
                "underpaid": line.amount_cents < owed - 500,
                "cents_short": owed - 500 <= line.amount_cents < owed,
                "rounded_up": owed < line.amount_cents <= owed + 5_000,
            }
            assert expected.get(document.truth.story, True), document.truth
    coupons = [item for item in day.truth.items if item.kind == "coupon" and item.account_number in due]
    assert all(due[coupon.account_number] == coupon.amount_cents for coupon in coupons)


def test_several_checks_pay_their_coupon_and_several_coupons_are_of_one_customer(day: MailDay, master: Master) -> None:
    owner = {contract.account_number: contract.customer_no for contract in master.contracts}
    for envelope in (envelope for batch in day.batches for envelope in batch.envelopes):
        truths = [document.truth for document in envelope.documents]
        checks = [truth for truth in truths if truth.kind == "check"]
        coupons = [truth for truth in truths if truth.kind == "coupon"]
        paid, billed = (sum(truth.amount_cents or 0 for truth in group) for group in (checks, coupons))
        if truths[0].story in ("several_checks", "several_coupons"):
            assert paid == billed
            assert max(len(checks), len(coupons)) >= 2
        if truths[0].story == "coupons_differ":
            assert paid < billed
        if truths[0].story in ("several_coupons", "coupons_differ"):
            assert len({owner[coupon.account_number] for coupon in coupons}) == 1


def test_a_duplicate_is_the_same_sheet_and_twins_are_two(day: MailDay) -> None:
    duplicates = [document for _, document in checks(day, "duplicate")]
    assert [document.truth.outcome for document in duplicates] == ["post", "review"] * (len(duplicates) // 2)
    for first, second in zip(duplicates[::2], duplicates[1::2], strict=True):
        assert (first.paper, first.draw_seed, first.truth.batch_no) == (
            second.paper,
            second.draw_seed,
            second.truth.batch_no,
        )
        assert first.scan_seed != second.scan_seed
        assert second.truth.reasons == (Reason.DUPLICATE,)
    twins = checks(day, "honest_twins")
    for (first_paper, first), (second_paper, second) in zip(twins[::2], twins[1::2], strict=True):
        assert int(second_paper.serial) == int(first_paper.serial) + 1
        assert first_paper.amount_cents == second_paper.amount_cents
        assert first_paper.bank_account == second_paper.bank_account
        assert first.truth.outcome == second.truth.outcome == "post"
        assert first.draw_seed != second.draw_seed


def test_batches_are_numbered(day: MailDay) -> None:
    assert 8 <= len(day.batches) <= 10
    assert len({(batch.site_id, batch.batch_no) for batch in day.batches}) == len(day.batches)
    keys = [document.truth.key for document in documents(day)]
    assert len(set(keys)) == len(keys)
    for batch in day.batches:
        sequences = [document.truth.sequence for document in batch.documents]
        assert sequences == list(range(1, len(batch.documents) + 1))
        assert [envelope.envelope_no for envelope in batch.envelopes] == list(range(1, len(batch.envelopes) + 1))
        assert len(batch.envelopes) <= 31
        assert batch.received_at.utcoffset() == timedelta(hours=-6)


def test_mail_comes_to_the_box_of_its_product_unless_the_sender_was_wrong(
    day: MailDay, master: Master, terms: Terms
) -> None:
    product = {contract.account_number: contract.product for contract in master.contracts}
    for batch in day.batches:
        for truth in (document.truth for document in batch.documents):
            for line in truth.lines:
                fits = batch.site_id == "richardson" or terms.regular.boxes[product[line.account_number]] == batch.box
                assert fits is (truth.story != "wrong_box")


def test_one_batch_comes_after_the_cut_off_and_one_as_a_cash_letter(day: MailDay) -> None:
    assert [batch.site_id for batch in day.batches if batch.received_at.hour >= 17] == ["richardson"]
    (cash_letter,) = [batch for batch in day.batches if batch.delivery == "x9"]
    assert len(cash_letter.envelopes) == len(cash_letter.documents) == 16
    assert {document.truth.kind for document in cash_letter.documents} == {"check"}
    assert {document.manner.format for document in cash_letter.documents} == {"g4"}
    assert {document.manner.format for document in documents(day)} == {"g4", "jpeg"}


def test_the_scanner_spoils_some_documents_in_every_way(day: MailDay) -> None:
    troubled = Counter(trouble for item in day.truth.items for trouble in item.troubles)
    assert set(troubled) == set(ScanMix.__slots__)
    for document in documents(day):
        manner = document.manner
        signs = {
            "upside_down": manner.upside_down,
            "torn": manner.torn,
            "faint": manner.faint,
            "speckled": manner.speckle > 0,
            "skewed": abs(manner.skew_deg) >= 2,
        }
        assert tuple(name for name, is_seen in signs.items() if is_seen) == document.truth.troubles


def test_partial_payments_stop_where_the_lender_takes_none(master: Master, terms: Terms) -> None:
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
