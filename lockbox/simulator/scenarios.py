"""What the mail brings: the kinds of envelopes, how often each comes, and how the rules want it decided."""

from __future__ import annotations

from dataclasses import dataclass

from lockbox.mail.reason import Reason

PERSONAL = ("coupon", "memo")
ANY = ("coupon", "memo", "bill_pay", "business", "bank")


@dataclass(frozen=True, slots=True)
class Story:
    """One kind of envelope. `share` is of all envelopes; from `WHOLE_DAY` envelopes on, each occurs at least once."""

    name: str
    share: float
    shapes: tuple[str, ...] = ANY  # what the envelope may hold; see `EnvelopeMix`
    contract: str = "current"  # which contract pays: current, behind, flagged, lease, several, small
    amount: str = "due"  # due, installment, short, cents_short, rounded, double, payoff, too_much
    twist: str = ""  # what else is unusual
    reasons: tuple[Reason, ...] = ()
    outcome: str = "post"
    must_stop: bool = False


def stop(
    name: str,
    share: float,
    *reasons: Reason,
    shapes: tuple[str, ...] = PERSONAL,
    outcome: str = "review",
    contract: str = "current",
    amount: str = "due",
) -> Story:
    """A story that must not post straight through."""
    return Story(name, share, shapes, contract, amount, name, reasons, outcome, must_stop=True)


STORIES = (
    Story("underpaid", 0.025, contract="current", amount="short", reasons=(Reason.UNDERPAID,)),
    Story("cents_short", 0.005, contract="current", amount="cents_short"),
    Story("rounded_up", 0.03, amount="rounded"),
    Story("double", 0.015, amount="double"),
    Story("payoff", 0.015, ("coupon", "bank"), amount="payoff"),
    Story("catch_up", 0.03, contract="behind"),
    Story("one_of_several_due", 0.015, contract="behind", amount="installment", reasons=(Reason.UNDERPAID,)),
    Story("undated", 0.008, PERSONAL, twist="undated"),
    Story("stale_bank_check", 0.005, ("bank",), twist="stale"),
    Story("honest_twins", 0.005, ("coupon",), twist="twins"),
    Story("duplicate", 0.008, ("coupon",), twist="duplicate"),  # the second scan is the one to stop
    Story("wrong_box", 0.01, ("coupon",), contract="lease", twist="wrong_box", reasons=(Reason.WRONG_SITE,)),
    Story("overnight_regular", 0.01, ("coupon",), twist="overnight"),
    Story("transposed", 0.01, ("memo",), twist="transposed", reasons=(Reason.ACCOUNT_DOUBTFUL,), outcome="review"),
    Story("several_coupons", 0.03, ("several_coupons",), contract="several"),
    Story("several_checks", 0.02, ("several_checks",), reasons=(Reason.UNDERPAID,)),
    Story("coupon_only", 0.01, ("coupon_only",)),
    Story("letter_only", 0.01, ("letter_only",)),
    Story("check_and_letter", 0.01, ("check_letter",), twist="letter"),
    stop("stale", 0.01, Reason.STALE),
    stop("post_dated", 0.01, Reason.POST_DATED),
    stop("unsigned", 0.01, Reason.UNSIGNED, shapes=("coupon", "memo", "business")),
    stop("words_differ", 0.01, Reason.AMOUNTS_DIFFER),
    stop("wrong_payee", 0.01, Reason.WRONG_PAYEE),
    stop("paid_in_full", 0.008, Reason.PAID_IN_FULL, shapes=("coupon",), amount="short"),
    stop("paid_in_full_letter", 0.005, Reason.PAID_IN_FULL, shapes=("check_letter",), amount="short"),
    stop("overpaid", 0.005, Reason.OVERPAID, shapes=("coupon", "bank"), contract="small", amount="too_much"),
    stop("unknown_account", 0.01, Reason.ACCOUNT_UNKNOWN, shapes=PERSONAL, outcome="suspense"),
    stop(
        "coupons_differ", 0.005, Reason.COUPONS_DIFFER, shapes=("several_coupons",), contract="several", amount="short"
    ),
    stop("flagged", 0.02, shapes=("coupon", "memo"), contract="flagged", outcome="suspense"),
)
EXACT = Story("exact", 0.0)  # all the rest
WHOLE_DAY = 150  # envelopes; a day of so many has every story


@dataclass(frozen=True, slots=True)
class EnvelopeMix:
    """How often each shape comes where a story has a choice of shapes."""

    coupon: float = 0.62  # a personal check and its coupon
    memo: float = 0.12  # a personal check alone, the account number written on it
    bill_pay: float = 0.10  # printed by a bill-payment service, the account number typed
    business: float = 0.06
    bank: float = 0.05  # money order or cashier's check


@dataclass(frozen=True, slots=True)
class ScanMix:
    """Share of documents spoiled this way in the scanner; each occurs at least once in a day of over 60 documents."""

    upside_down: float = 0.03
    skewed: float = 0.02
    torn: float = 0.012
    speckled: float = 0.02
    faint: float = 0.012


def quotas(envelopes: int) -> list[Story]:
    """The stories of a day, not shuffled; a day too small for all of them loses the rare ones, the rest is exact."""
    stories: list[Story] = []
    for story in STORIES:
        count = round(story.share * envelopes)
        stories += [story] * (max(1, count) if envelopes >= WHOLE_DAY else count)
    return stories + [EXACT] * (envelopes - len(stories))
