"""Why a check or letter did not post by itself: a code, a label for operators and the queue it goes to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """Reasons of a decision; `ABOUT` has the label and the basis of each."""

    AMOUNT_UNREAD = "amount_unread"
    AMOUNT_DOUBTFUL = "amount_doubtful"
    AMOUNTS_DIFFER = "amounts_differ"
    ACCOUNT_UNREAD = "account_unread"
    ACCOUNT_DOUBTFUL = "account_doubtful"
    ACCOUNT_UNKNOWN = "account_unknown"
    MICR_UNREAD = "micr_unread"
    STALE = "stale"
    POST_DATED = "post_dated"
    UNSIGNED = "unsigned"
    WRONG_PAYEE = "wrong_payee"
    PAID_IN_FULL = "paid_in_full"
    DUPLICATE = "duplicate"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAYOFF_SHORT = "payoff_short"
    PRINCIPAL_ONLY = "principal_only"
    PRINCIPAL_ONLY_BARRED = "principal_only_barred"
    PRINCIPAL_ONLY_DOUBTFUL = "principal_only_doubtful"
    COUPONS_DIFFER = "coupons_differ"
    FLAG_BANKRUPTCY = "flag_bankruptcy"
    FLAG_DECEASED = "flag_deceased"
    FLAG_CHARGED_OFF = "flag_charged_off"
    FLAG_LITIGATION = "flag_litigation"
    FLAG_REPOSSESSED = "flag_repossessed"
    FLAG_SCRA = "flag_scra"
    FLAG_ACCELERATED = "flag_accelerated"
    FLAG_CLOSED = "flag_closed"
    WRONG_SITE = "wrong_site"
    LARGE_AMOUNT = "large_amount"
    CONTROL_DIFFERS = "control_differs"
    TAKEN_BACK = "taken_back"
    REOPENED = "reopened"
    IMAGE_UNUSABLE = "image_unusable"
    KIND_UNKNOWN = "kind_unknown"
    CORRESPONDENCE = "correspondence"
    BANKRUPTCY_NOTICE = "bankruptcy_notice"
    DISPUTED = "disputed"
    NEW_ADDRESS = "new_address"
    NO_CHECK = "no_check"
    BACK_MISSING = "back_missing"
    ENVELOPE_INCOMPLETE = "envelope_incomplete"


# Reasons that inform and stop nothing (an underpayment, or a short payoff, only where the lender accepts them).
NOTES = frozenset(
    {
        Reason.UNDERPAID,
        Reason.WRONG_SITE,
        Reason.PAYOFF_SHORT,
        Reason.PRINCIPAL_ONLY,
        Reason.PRINCIPAL_ONLY_BARRED,
    }
)


class Queue(StrEnum):
    """The team that works the item."""

    PAYMENTS = "payments"
    DISPUTES = "disputes"  # UCC 3-311 runs on its own clock
    SPECIALISTS = "specialists"
    CORRESPONDENCE = "correspondence"


@dataclass(frozen=True, slots=True)
class ReasonInfo:
    """What operators read about a reason, and which queue works it."""

    label: str
    queue: Queue
    basis: str


ABOUT: dict[Reason, ReasonInfo] = {
    Reason.AMOUNT_UNREAD: ReasonInfo("Amount not read", Queue.PAYMENTS, "reading"),
    Reason.AMOUNT_DOUBTFUL: ReasonInfo("Amount in doubt", Queue.PAYMENTS, "reading"),
    Reason.AMOUNTS_DIFFER: ReasonInfo("Words and figures differ", Queue.PAYMENTS, "UCC 3-114: words control"),
    Reason.ACCOUNT_UNREAD: ReasonInfo("Account number not read", Queue.PAYMENTS, "reading"),
    Reason.ACCOUNT_DOUBTFUL: ReasonInfo("Account number in doubt", Queue.PAYMENTS, "reading"),
    Reason.ACCOUNT_UNKNOWN: ReasonInfo("Account number not on file", Queue.PAYMENTS, "unidentified is never income"),
    Reason.MICR_UNREAD: ReasonInfo("MICR line not read", Queue.PAYMENTS, "reading"),
    Reason.STALE: ReasonInfo("Stale-dated", Queue.PAYMENTS, "UCC 4-404"),
    Reason.POST_DATED: ReasonInfo("Postdated", Queue.PAYMENTS, "UCC 4-401(c)"),
    Reason.UNSIGNED: ReasonInfo("Not signed", Queue.PAYMENTS, "lockbox terms"),
    Reason.WRONG_PAYEE: ReasonInfo("Payable to someone else", Queue.PAYMENTS, "lockbox terms"),
    Reason.PAID_IN_FULL: ReasonInfo("“Paid in full”", Queue.DISPUTES, "UCC 3-311"),
    Reason.DUPLICATE: ReasonInfo("Possible duplicate", Queue.PAYMENTS, "bank practice: review, never reject"),
    Reason.UNDERPAID: ReasonInfo("Underpayment", Queue.PAYMENTS, "lender's tolerance"),
    Reason.OVERPAID: ReasonInfo("Overpayment", Queue.PAYMENTS, "lender's tolerance"),
    Reason.PAYOFF_SHORT: ReasonInfo("Short payoff", Queue.PAYMENTS, "lender's tolerance"),
    Reason.PRINCIPAL_ONLY: ReasonInfo("Principal only, as asked", Queue.PAYMENTS, "payer's instruction"),
    Reason.PRINCIPAL_ONLY_BARRED: ReasonInfo(
        "Principal only, not offered", Queue.PAYMENTS, "contract's allocation order"
    ),
    Reason.PRINCIPAL_ONLY_DOUBTFUL: ReasonInfo("May ask for principal only", Queue.PAYMENTS, "reading"),
    Reason.COUPONS_DIFFER: ReasonInfo("Check and coupons differ", Queue.PAYMENTS, "the split is not certain"),
    Reason.FLAG_BANKRUPTCY: ReasonInfo("Bankruptcy", Queue.SPECIALISTS, "contract flag"),
    Reason.FLAG_DECEASED: ReasonInfo("Deceased", Queue.SPECIALISTS, "contract flag"),
    Reason.FLAG_CHARGED_OFF: ReasonInfo("Charged off", Queue.SPECIALISTS, "contract flag"),
    Reason.FLAG_LITIGATION: ReasonInfo("Litigation", Queue.SPECIALISTS, "contract flag"),
    Reason.FLAG_REPOSSESSED: ReasonInfo("Repossessed", Queue.SPECIALISTS, "contract flag"),
    Reason.FLAG_SCRA: ReasonInfo("SCRA", Queue.SPECIALISTS, "contract flag"),
    Reason.FLAG_ACCELERATED: ReasonInfo("Accelerated", Queue.SPECIALISTS, "contract flag"),
    Reason.FLAG_CLOSED: ReasonInfo("Contract closed", Queue.SPECIALISTS, "contract flag"),
    Reason.WRONG_SITE: ReasonInfo("Mailed to the wrong lockbox", Queue.PAYMENTS, "lender's instructions"),
    Reason.LARGE_AMOUNT: ReasonInfo("Amount above the limit", Queue.PAYMENTS, "dual control"),
    Reason.CONTROL_DIFFERS: ReasonInfo("Waits: totals differ", Queue.PAYMENTS, "accept-difference lets it go on"),
    Reason.TAKEN_BACK: ReasonInfo("Posting taken back", Queue.PAYMENTS, "a person reversed it: decide it anew"),
    Reason.REOPENED: ReasonInfo("Taken up again", Queue.PAYMENTS, "a person reopened it: its paper is still here"),
    Reason.IMAGE_UNUSABLE: ReasonInfo("Image not usable", Queue.PAYMENTS, "row of the index, or record of the X9 file"),
    Reason.KIND_UNKNOWN: ReasonInfo("Unknown document type", Queue.PAYMENTS, "reading"),
    Reason.CORRESPONDENCE: ReasonInfo("Letter", Queue.CORRESPONDENCE, "a person reads it"),
    Reason.BANKRUPTCY_NOTICE: ReasonInfo("Letter about bankruptcy", Queue.SPECIALISTS, "11 USC 362: collection stops"),
    Reason.DISPUTED: ReasonInfo("Dispute letter", Queue.DISPUTES, "12 CFR 1022.43: answer within 30 days"),
    Reason.NEW_ADDRESS: ReasonInfo("Letter about a new address", Queue.CORRESPONDENCE, "its wording"),
    Reason.NO_CHECK: ReasonInfo("Coupon without a check", Queue.PAYMENTS, "nothing to post"),
    Reason.ENVELOPE_INCOMPLETE: ReasonInfo(
        "Another document is not usable", Queue.PAYMENTS, "UCC 3-311: it may be a settlement letter"
    ),
    Reason.BACK_MISSING: ReasonInfo("Back image missing", Queue.PAYMENTS, "endorsement not visible"),
}
