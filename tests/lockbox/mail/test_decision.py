"""Decisions: every reason stops what it must stop, and nothing else."""

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


def coupon(item_id: int, contract: ContractView, cents: int) -> ItemEvidence:
    return evidence(
        item_id,
        DocumentKind.COUPON,
        {Field.COUPON_ACCOUNT: (contract.account_number, 0.999), Field.COUPON_AMOUNT: (str(cents), 0.999)},
    )


def decided(
    *items: ItemEvidence, policy: Policy = POLICY, contracts: tuple[ContractView, ...] = (LOAN, OTHER)
) -> list[Decision]:
    setting = Setting(
        policy, "650805", date(2026, 11, 16), {one.account_number: one for one in contracts}, master_size=2000
    )
    return list(decide(items, setting))


def lines(decision: Decision) -> list[tuple[int, int]]:
    return [(line.contract_id, line.amount_cents) for line in decision.lines]


def test_a_clear_check_with_the_account_written_on_it_posts() -> None:
    [one] = decided(check())
    assert (one.outcome, one.reasons, lines(one)) == ("post", (), [(1, 41250)])
    assert one.misread_ppm <= 1000


def test_what_a_living_quote_asks_for_is_not_too_much() -> None:
    """It has the interest and fees of the days to come in it."""
    paid = check(courtesy_amount=("901233", 0.999), legal_amount=("901233", 0.99))
    assert decided(paid)[0].reasons == (Reason.OVERPAID,)
    quoted = replace(LOAN, quote_cents=901_233)
    assert decided(paid, contracts=(quoted, OTHER))[0].outcome == "post"


@pytest.mark.parametrize(("cents", "reasons"), [(899_500, ()), (899_499, (Reason.PAYOFF_SHORT,))])
def test_a_short_check_by_the_payoff_line(cents: int, reasons: tuple[Reason, ...]) -> None:
    """Within 5.00 it posts; shorter, it does what the lender's rule says. In the payment box it is a payment."""
    paid = check(courtesy_amount=(str(cents), 0.999), legal_amount=(str(cents), 0.99))
    line = replace(POLICY, payoff_boxes=("650805",), payoff_tolerance_cents=500, payoff_short="review")
    for policy, outcome in (
        (line, "review" if reasons else "post"),
        (replace(line, payoff_short="post"), "post"),
        (replace(line, payoff_boxes=()), "post"),
    ):
        [one] = decided(paid, policy=policy)
        assert (one.outcome, one.reasons) == (outcome, reasons if policy.payoff_boxes else ())


@pytest.mark.parametrize("flag", actions.FLAGS)
def test_every_flag_has_a_reason(flag: str) -> None:
    [one] = decided(check(), contracts=(replace(LOAN, flags=frozenset({flag})), OTHER))
    assert (one.outcome, one.reasons) == ("suspense", (f"flag_{flag}",))


def test_a_document_that_is_lost_holds_the_check_it_came_with() -> None:
    """It may have been a letter that settles the debt, or a second check."""
    torn = ItemEvidence(2, 2, None, unusable="truncated")
    undecoded = ItemEvidence(2, 2, Reading(DocumentKind.OTHER, 0.0, problems=("front: damaged TIFF",)))
    stray = ItemEvidence(2, 2, Reading(DocumentKind.OTHER, 0.7))
    for lost in (torn, undecoded):
        first, _ = decided(check(), lost)
        assert (first.outcome, first.reasons) == ("review", (Reason.ENVELOPE_INCOMPLETE,))
    assert decided(check(), stray)[0].outcome == "post"


def test_a_letter_that_nobody_could_read_holds_the_check_beside_it() -> None:
    for read in ({}, {Field.TEXT: ("se Sl\nSiiee\neps", 0.17)}):
        first, _ = decided(check(), evidence(2, DocumentKind.LETTER, read))
        assert (first.outcome, first.reasons) == ("review", (Reason.ENVELOPE_INCOMPLETE,))
    first, _ = decided(check(), evidence(2, DocumentKind.LETTER, {Field.TEXT: ("I have moved.", 0.5)}))
    assert first.outcome == "post"


def test_words_that_contradict_hold_a_check_whose_amount_the_file_carries() -> None:
    carried = replace(check(courtesy_amount=("35159", 0.7), legal_amount=("36159", 0.48)), carried_cents=35159)
    [one] = decided(carried)
    assert (one.outcome, Reason.AMOUNT_DOUBTFUL in one.reasons) == ("review", True)
    [one] = decided(replace(carried, reading=check(legal_amount=("35159", 0.5)).reading))
    assert one.outcome == "review"  # hardly legible, and not what is due
    [one] = decided(replace(check(missing=(Field.LEGAL_AMOUNT,)), carried_cents=41250))
    assert one.outcome == "post"


@pytest.mark.parametrize("carried_cents", [1_250, 41_200, 4_125_000])
def test_nothing_but_the_amount_that_the_file_carries_is_posted(carried_cents: int) -> None:
    """Readers lose digits and points, and the image says what is due: the deposit has the amount of the file."""
    [one] = decided(replace(check(legal_amount=("41250", 0.98)), carried_cents=carried_cents))
    assert (one.outcome, Reason.AMOUNTS_DIFFER in one.reasons, one.lines) == ("review", True, ())


def test_a_check_and_its_coupon_post_and_the_coupon_serves() -> None:
    first, second = decided(check(missing=(Field.ACCOUNT_NUMBER,)), coupon(2, LOAN, 41250))
    assert (first.outcome, lines(first), second.outcome) == ("post", [(1, 41250)], "support")


@pytest.mark.parametrize(
    ("read", "reason"),
    [
        ({"date": ("2026-05-15", 0.9)}, Reason.STALE),
        ({"phrase": ("paid in full", 0.9)}, Reason.PAID_IN_FULL),
        ({"phrase": ("full satisfaction", 0.35)}, Reason.PAID_IN_FULL),  # a hint is enough
        ({"legal_amount": ("42150", 0.9)}, Reason.AMOUNTS_DIFFER),
        ({"legal_amount": ("76100", 0.2)}, Reason.AMOUNT_DOUBTFUL),  # the words do not bear the figures out
        ({"legal_amount": ("41200", 0.65)}, Reason.AMOUNT_DOUBTFUL),  # and here they clearly say no cents
        ({"courtesy_amount": ("9000000", 0.999), "legal_amount": ("9000000", 0.99)}, Reason.OVERPAID),
        ({"courtesy_amount": ("41777", 0.7), "legal_amount": ("41777", 0.1)}, Reason.AMOUNT_DOUBTFUL),
    ],
)
def test_what_may_not_post_by_itself_goes_to_review(read: dict[str, tuple[str, float]], reason: Reason) -> None:
    [one] = decided(check(**read))
    assert one.outcome == "review"
    assert reason in one.reasons
    assert one.lines == ()
    assert one.ranked
    assert one.ranked["accounts"][0]["account_number"] == LOAN.account_number


def test_words_as_due_are_posted_where_one_figure_was_taken_for_another() -> None:
    """Even if they were two amounts, the words' would count (UCC 3-114); clearly two, a person sees them."""
    one = check(legal_amount=("41250", 0.98))
    assert one.reading
    for figures, reasons in (
        ({"41250": 0.03, "47250": 0.96}, ()),
        ({"41250": 0.001, "47250": 0.998}, (Reason.AMOUNT_DOUBTFUL,)),
    ):
        seen = FieldReading(Field.COURTESY_AMOUNT, tuple(Candidate(cents, p, "test") for cents, p in figures.items()))
        read = replace(one.reading, fields={**one.reading.fields, Field.COURTESY_AMOUNT: seen})
        [two] = decided(replace(one, reading=read))
        assert (two.reasons, lines(two)) == (reasons, [] if reasons else [(1, 41250)])
    [lenient] = decided(replace(one, reading=read), policy=replace(POLICY, amounts_differ_ppm=1_000_000))
    assert lenient.outcome == "post"


def test_words_hardly_legible_that_say_the_same_stop_nothing() -> None:
    [one] = decided(check(legal_amount=("41250", 0.2)))
    assert (one.outcome, one.reasons) == ("post", ())


def test_less_than_due_posts_with_a_note_unless_the_lender_takes_no_partial_payments() -> None:
    less = {"courtesy_amount": ("30000", 0.9995), "legal_amount": ("30000", 0.97)}
    [one] = decided(check(**less))
    assert (one.outcome, one.reasons) == ("post", (Reason.UNDERPAID,))
    [one] = decided(check(**less), policy=replace(POLICY, accept_partial=False))
    assert (one.outcome, one.lines) == ("review", ())


def test_an_unknown_account_is_deposited_unidentified_or_held_as_the_lender_says() -> None:
    unknown = check(
        account_number=("9999999952", 0.97), legal_amount=("41250", 0.97), courtesy_amount=("41250", 0.9995)
    )
    [one] = decided(unknown)
    assert (one.outcome, one.suspense_kind, one.reasons) == ("suspense", "unidentified", (Reason.ACCOUNT_UNKNOWN,))
    [one] = decided(unknown, policy=replace(POLICY, route_account_unknown="review"))
    assert one.outcome == "review"


def test_a_transposed_number_is_held_with_the_right_one_proposed() -> None:
    number = LOAN.account_number
    swapped = number[:-2] + number[-1] + number[-2]
    [one] = decided(check(account_number=(swapped, 0.97)))
    assert (one.outcome, one.reasons) == ("review", (Reason.ACCOUNT_DOUBTFUL,))
    assert one.ranked
    assert one.ranked["accounts"][0]["account_number"] == number


def test_without_a_number_the_payers_history_proposes_and_never_posts() -> None:
    [one] = decided(replace(check(missing=(Field.ACCOUNT_NUMBER,)), account_tokens=frozenset({"known"})))
    assert (one.outcome, one.reasons) == ("review", (Reason.ACCOUNT_UNREAD,))
    assert one.ranked
    assert one.ranked["accounts"][0]["account_number"] == LOAN.account_number


def test_coupon_and_check_that_name_two_contracts_are_in_doubt() -> None:
    one, _ = decided(check(account_number=(OTHER.account_number, 0.97)), coupon(2, LOAN, 41250))
    assert (one.outcome, one.reasons) == ("review", (Reason.ACCOUNT_DOUBTFUL,))


def test_one_check_for_several_coupons_is_split_if_they_add_up() -> None:
    paid = {"courtesy_amount": ("71250", 0.97), "legal_amount": ("71250", 0.9)}
    one, *_ = decided(check(**paid), coupon(2, LOAN, 41250), coupon(3, OTHER, 30000))
    assert (one.outcome, lines(one)) == ("post", [(1, 41250), (2, 30000)])
    one, *_ = decided(check(), coupon(2, LOAN, 41250), coupon(3, OTHER, 30000))
    assert (one.outcome, one.lines) == ("review", ())
    assert Reason.COUPONS_DIFFER in one.reasons


def test_several_checks_for_one_coupon_all_pay_it() -> None:
    half = {"courtesy_amount": ("20625", 0.9995), "legal_amount": ("20625", 0.97)}
    one, two, _ = decided(check(1, **half), check(2, **half), coupon(3, LOAN, 41250))
    assert [lines(one), lines(two)] == [[(1, 20625)], [(1, 20625)]]


def test_a_flagged_contract_is_deposited_unapplied_and_never_applied() -> None:
    flagged = replace(LOAN, flags=frozenset({"bankruptcy"}))
    [one] = decided(check(), contracts=(flagged, OTHER))
    assert (one.outcome, one.suspense_kind, one.reasons) == ("suspense", "unapplied", (Reason.FLAG_BANKRUPTCY,))
    assert lines(one) == [(1, 41250)]
    [one] = decided(check(), contracts=(flagged, OTHER), policy=replace(POLICY, route_flagged="review"))
    assert one.outcome == "review"


def test_words_of_settlement_in_a_letter_hold_the_check_beside_it() -> None:
    letter = evidence(2, DocumentKind.LETTER, {Field.PHRASE: ("payment in full", 0.9), Field.TEXT: ("...", 0.9)})
    one, two = decided(check(), letter)
    assert (one.outcome, one.reasons) == ("review", (Reason.PAID_IN_FULL,))
    assert set(two.reasons) == {Reason.CORRESPONDENCE, Reason.PAID_IN_FULL}


def test_what_a_letter_is_about_says_who_reads_it_and_stops_nothing() -> None:
    heard = {Field.TOPIC: ("bankruptcy", 0.8), Field.TEXT: ("I filed for bankruptcy", 0.9)}
    one, two = decided(check(), evidence(2, DocumentKind.LETTER, heard))
    assert one.outcome == "post"
    assert two.reasons == (Reason.CORRESPONDENCE, Reason.BANKRUPTCY_NOTICE)
    assert ABOUT[two.reasons[1]].queue is Queue.SPECIALISTS
    unknown = evidence(1, DocumentKind.LETTER, {Field.TOPIC: ("weather", 0.8), Field.TEXT: ("It rains", 0.9)})
    assert decided(unknown)[0].reasons == (Reason.CORRESPONDENCE,)


def test_lone_coupons_and_strange_documents_are_seen_by_somebody() -> None:
    [alone] = decided(coupon(1, LOAN, 41250))
    [strange] = decided(evidence(1, DocumentKind.OTHER, {}))
    [broken] = decided(ItemEvidence(1, 1, None, unusable="truncated"))
    assert [one.outcome for one in (alone, strange, broken)] == ["review"] * 3
    assert [one.reasons for one in (alone, strange, broken)] == [
        (Reason.NO_CHECK,),
        (Reason.KIND_UNKNOWN,),
        (Reason.IMAGE_UNUSABLE,),
    ]


def test_a_duplicate_is_held_and_keeps_its_candidates() -> None:
    [one] = decided(check())
    held = send_to_review_as_duplicate(one)
    assert (held.outcome, held.reasons, held.lines) == ("review", (Reason.DUPLICATE,), ())
    assert held.amount_cents == 41250


def test_what_an_image_cash_letter_carries_is_believed() -> None:
    carried = replace(
        check(missing=(Field.COURTESY_AMOUNT, Field.LEGAL_AMOUNT, Field.ROUTING)),
        carried_cents=41250,
        carried_micr=True,
    )
    [one] = decided(carried)
    assert (one.outcome, lines(one)) == ("post", [(1, 41250)])
