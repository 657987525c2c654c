"""Decisions: every reason stops the checks it must stop, and no others."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.lender.policy import Policy
from lockbox.mail.contract_match import ContractView
from lockbox.mail.decision import Decision, Setting, decide, send_to_review_as_duplicate
from lockbox.mail.evidence import ItemEvidence
from lockbox.mail.reason import ABOUT, Queue, Reason
from lockbox.servicing import actions
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading
from tests.builders.evidence import LOAN, OTHER, POLICY, check, evidence


def coupon(item_id: int, contract: ContractView, cents: int, sure: float = 0.999) -> ItemEvidence:
    return evidence(
        item_id,
        DocumentKind.COUPON,
        {Field.COUPON_ACCOUNT: (contract.account_number, sure), Field.COUPON_AMOUNT: (str(cents), 0.999)},
    )


def decided(
    *items: ItemEvidence,
    policy: Policy = POLICY,
    contracts: tuple[ContractView, ...] = (LOAN, OTHER),
    master_size: int = 2000,
) -> list[Decision]:
    setting = Setting(
        policy, "650805", date(2026, 11, 16), {view.account_number: view for view in contracts}, master_size
    )
    return list(decide(items, setting))


def lines(decision: Decision) -> list[tuple[int, int]]:
    return [(line.contract_id, line.amount_cents) for line in decision.lines]


def test_a_clear_check_with_the_account_written_on_it_posts() -> None:
    [decision] = decided(check())
    assert (decision.outcome, decision.reasons, lines(decision)) == ("post", (), [(1, 41250)])
    assert decision.misread_ppm <= 1000


def test_the_amount_of_a_valid_quote_is_not_an_overpayment() -> None:
    """It includes the interest and fees of the days to come."""
    paid = check(courtesy_amount=("901233", 0.999), legal_amount=("901233", 0.99))
    assert decided(paid)[0].reasons == (Reason.OVERPAID,)
    quoted = replace(LOAN, quote_cents=901_233)
    assert decided(paid, contracts=(quoted, OTHER))[0].outcome == "post"


@pytest.mark.parametrize(("cents", "reasons"), [(899_500, ()), (899_499, (Reason.PAYOFF_SHORT,))])
def test_a_short_check_in_the_payoff_box(cents: int, reasons: tuple[Reason, ...]) -> None:
    """Within 5.00 it posts; shorter, it does what the lender's rule says. In the payment box it is a payment."""
    paid = check(courtesy_amount=(str(cents), 0.999), legal_amount=(str(cents), 0.99))
    line = replace(POLICY, payoff_boxes=("650805",), payoff_tolerance_cents=500, payoff_short="review")
    for policy, outcome in (
        (line, "review" if reasons else "post"),
        (replace(line, payoff_short="post"), "post"),
        (replace(line, payoff_boxes=()), "post"),
    ):
        [decision] = decided(paid, policy=policy)
        assert (decision.outcome, decision.reasons) == (outcome, reasons if policy.payoff_boxes else ())


@pytest.mark.parametrize("flag", actions.FLAGS)
def test_every_flag_has_a_reason(flag: str) -> None:
    [decision] = decided(check(), contracts=(replace(LOAN, flags=frozenset({flag})), OTHER))
    assert (decision.outcome, decision.reasons) == ("suspense", (f"flag_{flag}",))


def test_a_lost_document_sends_the_check_beside_it_to_review() -> None:
    """It may have been a settlement letter, or a second check."""
    torn = ItemEvidence(2, 2, None, unusable="truncated")
    undecoded = ItemEvidence(2, 2, Reading(DocumentKind.OTHER, 0.0, problems=("front: damaged TIFF",)))
    stray = ItemEvidence(2, 2, Reading(DocumentKind.OTHER, 0.7))
    for lost in (torn, undecoded):
        first, _ = decided(check(), lost)
        assert (first.outcome, first.reasons) == ("review", (Reason.ENVELOPE_INCOMPLETE,))
    assert decided(check(), stray)[0].outcome == "post"


def test_an_illegible_letter_sends_the_check_beside_it_to_review() -> None:
    for read in ({}, {Field.TEXT: ("se Sl\nSiiee\neps", 0.17)}):
        first, _ = decided(check(), evidence(2, DocumentKind.LETTER, read))
        assert (first.outcome, first.reasons) == ("review", (Reason.ENVELOPE_INCOMPLETE,))
    first, _ = decided(check(), evidence(2, DocumentKind.LETTER, {Field.TEXT: ("I have moved.", 0.5)}))
    assert first.outcome == "post"


def test_contradicting_words_send_a_check_to_review_even_if_the_file_carries_its_amount() -> None:
    carried = replace(check(courtesy_amount=("35159", 0.7), legal_amount=("36159", 0.48)), carried_cents=35159)
    [decision] = decided(carried)
    assert (decision.outcome, Reason.AMOUNT_DOUBTFUL in decision.reasons) == ("review", True)
    [decision] = decided(replace(carried, reading=check(legal_amount=("35159", 0.5)).reading))
    assert decision.outcome == "review"  # hardly legible, and not what is due
    [decision] = decided(replace(check(legal_amount=None), carried_cents=41250))
    assert decision.outcome == "post"


@pytest.mark.parametrize("carried_cents", [1_250, 41_200, 4_125_000])
def test_nothing_but_the_amount_that_the_file_carries_is_posted(carried_cents: int) -> None:
    """Readers lose digits and points, and the image shows what is due: the deposit has the amount of the file."""
    [decision] = decided(replace(check(legal_amount=("41250", 0.98)), carried_cents=carried_cents))
    assert (decision.outcome, Reason.AMOUNTS_DIFFER in decision.reasons, decision.lines) == ("review", True, ())


def test_a_check_and_its_coupon_post_and_the_coupon_is_support() -> None:
    first, second = decided(check(account_number=None), coupon(2, LOAN, 41250))
    assert (first.outcome, lines(first), second.outcome) == ("post", [(1, 41250)], "support")


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ({"date": ("2026-05-15", 0.9)}, Reason.STALE),
        ({"phrase": ("paid in full", 0.9)}, Reason.PAID_IN_FULL),
        ({"phrase": ("full satisfaction", 0.35)}, Reason.PAID_IN_FULL),  # a hint is enough
        ({"legal_amount": ("42150", 0.9)}, Reason.AMOUNTS_DIFFER),
        ({"legal_amount": ("76100", 0.2)}, Reason.AMOUNT_DOUBTFUL),  # the words do not confirm the figures
        ({"legal_amount": ("41200", 0.65)}, Reason.AMOUNT_DOUBTFUL),  # the words clearly have no cents
        ({"courtesy_amount": ("9000000", 0.999), "legal_amount": ("9000000", 0.99)}, Reason.OVERPAID),
        ({"courtesy_amount": ("41777", 0.7), "legal_amount": ("41777", 0.1)}, Reason.AMOUNT_DOUBTFUL),
    ],
)
def test_a_check_that_may_not_post_by_itself_goes_to_review(read: dict[str, tuple[str, float]], reason: Reason) -> None:
    [decision] = decided(check(**read))
    assert decision.outcome == "review"
    assert reason in decision.reasons
    assert decision.lines == ()
    assert decision.ranked
    assert decision.ranked["accounts"][0]["account_number"] == LOAN.account_number


def test_words_as_due_are_posted_where_one_figure_was_misread() -> None:
    """Even if they were two amounts, the words would control (UCC 3-114); a person sees two clear amounts."""
    item = check(legal_amount=("41250", 0.98))
    assert item.reading
    for figures, reasons in (
        ({"41250": 0.03, "47250": 0.96}, ()),
        ({"41250": 0.001, "47250": 0.998}, (Reason.AMOUNT_DOUBTFUL,)),
    ):
        candidates = tuple(Candidate(cents, p, "test") for cents, p in figures.items())
        fields = {**item.reading.fields, Field.COURTESY_AMOUNT: FieldReading(Field.COURTESY_AMOUNT, candidates)}
        reading = replace(item.reading, fields=fields)
        [decision] = decided(replace(item, reading=reading))
        assert (decision.reasons, lines(decision)) == (reasons, [] if reasons else [(1, 41250)])
    [lenient] = decided(replace(item, reading=reading), policy=replace(POLICY, amounts_differ_ppm=1_000_000))
    assert lenient.outcome == "post"


def test_hardly_legible_words_of_the_same_amount_stop_nothing() -> None:
    [decision] = decided(check(legal_amount=("41250", 0.2)))
    assert (decision.outcome, decision.reasons) == ("post", ())


def test_less_than_due_posts_with_a_note_unless_the_lender_takes_no_partial_payments() -> None:
    less = {"courtesy_amount": ("30000", 0.9995), "legal_amount": ("30000", 0.97)}
    [decision] = decided(check(**less))
    assert (decision.outcome, decision.reasons) == ("post", (Reason.UNDERPAID,))
    [decision] = decided(check(**less), policy=replace(POLICY, accept_partial=False))
    assert (decision.outcome, decision.lines) == ("review", ())


def test_an_unknown_account_goes_to_unidentified_or_to_review_by_the_lender_s_policy() -> None:
    unknown = check(
        account_number=("9999999952", 0.97), legal_amount=("41250", 0.97), courtesy_amount=("41250", 0.9995)
    )
    [decision] = decided(unknown)
    assert (decision.outcome, decision.suspense_kind) == ("suspense", "unidentified")
    assert decision.reasons == (Reason.ACCOUNT_UNKNOWN,)
    [decision] = decided(unknown, policy=replace(POLICY, route_account_unknown="review"))
    assert decision.outcome == "review"


def test_a_transposed_number_goes_to_review_with_the_right_one_proposed() -> None:
    number = LOAN.account_number
    swapped = number[:-2] + number[-1] + number[-2]
    [decision] = decided(check(account_number=(swapped, 0.97)))
    assert (decision.outcome, decision.reasons) == ("review", (Reason.ACCOUNT_DOUBTFUL,))
    assert decision.ranked
    assert decision.ranked["accounts"][0]["account_number"] == number


def test_without_a_number_the_payers_history_proposes_and_never_posts() -> None:
    [decision] = decided(replace(check(account_number=None), account_tokens=frozenset({"known"})))
    assert (decision.outcome, decision.reasons) == ("review", (Reason.ACCOUNT_UNREAD,))
    assert decision.ranked
    assert decision.ranked["accounts"][0]["account_number"] == LOAN.account_number


def test_coupon_and_check_that_name_two_contracts_are_in_doubt() -> None:
    decision, _ = decided(check(account_number=(OTHER.account_number, 0.97)), coupon(2, LOAN, 41250))
    assert (decision.outcome, decision.reasons) == ("review", (Reason.ACCOUNT_DOUBTFUL,))


def test_one_check_for_several_coupons_is_split_if_they_add_up() -> None:
    paid = {"courtesy_amount": ("71250", 0.97), "legal_amount": ("71250", 0.9)}
    decision, *_ = decided(check(**paid), coupon(2, LOAN, 41250), coupon(3, OTHER, 30000))
    assert (decision.outcome, lines(decision)) == ("post", [(1, 41250), (2, 30000)])
    decision, *_ = decided(check(), coupon(2, LOAN, 41250), coupon(3, OTHER, 30000))
    assert (decision.outcome, decision.lines) == ("review", ())
    assert Reason.COUPONS_DIFFER in decision.reasons


@pytest.mark.parametrize("others", [(), (coupon(3, OTHER, 30000),)])
def test_a_coupon_counts_as_surely_as_it_was_read(others: tuple[ItemEvidence, ...]) -> None:
    """Among many contracts a number read badly may be somebody else's."""
    cents = "71250" if others else "41250"
    paid = check(account_number=None, courtesy_amount=(cents, 0.9999), legal_amount=(cents, 0.99))
    chances = [
        decided(paid, coupon(2, LOAN, 41250, sure), *others, master_size=5_000_000_000)[0].misread_ppm
        for sure in (0.999, 0.7)
    ]
    assert chances[1] > max(10_000, 10 * chances[0])


def test_several_checks_for_one_coupon_all_pay_it() -> None:
    half = {"courtesy_amount": ("20625", 0.9995), "legal_amount": ("20625", 0.97)}
    first, second, _ = decided(check(1, **half), check(2, **half), coupon(3, LOAN, 41250))
    assert [lines(first), lines(second)] == [[(1, 20625)], [(1, 20625)]]


def test_as_many_checks_as_coupons_each_pay_the_coupon_of_their_amount() -> None:
    paid = {"courtesy_amount": ("30000", 0.9995), "legal_amount": ("30000", 0.97)}
    coupons = coupon(3, LOAN, 41250), coupon(4, OTHER, 30000)
    first, second, *_ = decided(check(1), check(2, account_number=None, **paid), *coupons)
    assert [lines(first), lines(second)] == [[(1, 41250)], [(2, 30000)]]


def test_a_check_for_a_flagged_contract_is_deposited_unapplied() -> None:
    flagged = replace(LOAN, flags=frozenset({"bankruptcy"}))
    [decision] = decided(check(), contracts=(flagged, OTHER))
    assert (decision.outcome, decision.suspense_kind) == ("suspense", "unapplied")
    assert decision.reasons == (Reason.FLAG_BANKRUPTCY,)
    assert lines(decision) == [(1, 41250)]
    [decision] = decided(check(), contracts=(flagged, OTHER), policy=replace(POLICY, route_flagged="review"))
    assert decision.outcome == "review"


def test_words_of_settlement_in_a_letter_send_the_check_beside_it_to_review() -> None:
    letter = evidence(2, DocumentKind.LETTER, {Field.PHRASE: ("payment in full", 0.9), Field.TEXT: ("...", 0.9)})
    paid, read = decided(check(), letter)
    assert (paid.outcome, paid.reasons) == ("review", (Reason.PAID_IN_FULL,))
    assert set(read.reasons) == {Reason.CORRESPONDENCE, Reason.PAID_IN_FULL}


def test_the_topic_of_a_letter_decides_who_reads_it_and_stops_nothing() -> None:
    fields = {Field.TOPIC: ("bankruptcy", 0.8), Field.TEXT: ("I filed for bankruptcy", 0.9)}
    paid, letter = decided(check(), evidence(2, DocumentKind.LETTER, fields))
    assert paid.outcome == "post"
    assert letter.reasons == (Reason.CORRESPONDENCE, Reason.BANKRUPTCY_NOTICE)
    assert ABOUT[letter.reasons[1]].queue is Queue.SPECIALISTS
    unknown = evidence(1, DocumentKind.LETTER, {Field.TOPIC: ("weather", 0.8), Field.TEXT: ("It rains", 0.9)})
    assert decided(unknown)[0].reasons == (Reason.CORRESPONDENCE,)


@pytest.mark.parametrize(
    ("item", "reason"),
    [
        (coupon(1, LOAN, 41250), Reason.NO_CHECK),
        (evidence(1, DocumentKind.OTHER, {}), Reason.KIND_UNKNOWN),
        (ItemEvidence(1, 1, None, unusable="truncated"), Reason.IMAGE_UNUSABLE),
    ],
)
def test_coupons_alone_and_unknown_documents_go_to_review(item: ItemEvidence, reason: Reason) -> None:
    [decision] = decided(item)
    assert (decision.outcome, decision.reasons) == ("review", (reason,))


def test_a_duplicate_goes_to_review_with_its_amount() -> None:
    [decision] = decided(check())
    duplicate = send_to_review_as_duplicate(decision)
    assert (duplicate.outcome, duplicate.reasons, duplicate.lines) == ("review", (Reason.DUPLICATE,), ())
    assert duplicate.amount_cents == 41250


def test_the_fields_of_an_image_cash_letter_are_believed() -> None:
    carried = replace(
        check(courtesy_amount=None, legal_amount=None, routing=None),
        carried_cents=41250,
        carried_micr=True,
    )
    [decision] = decided(carried)
    assert (decision.outcome, lines(decision)) == ("post", [(1, 41250)])
