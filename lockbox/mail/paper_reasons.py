"""Reasons against posting that are on the papers of an envelope, whichever contract it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from rapidfuzz import fuzz

from lockbox.business_days import months_before
from lockbox.lender.policy import Policy
from lockbox.mail.evidence import ItemEvidence
from lockbox.mail.reason import Reason
from ocr.reading import CheckKind, DocumentKind, Field, Topic

LEGIBLE = 0.25  # of a letter's text, and of its worst long row: with less nobody can say what it does not contain
# How common a check of that age is, compared with one of the last weeks.
RECENT_DAYS, OLDER_DATE, RARE_DATE = 45, 0.1, 0.03
FAR_DAYS, FAR_DATE = 730, 0.0003  # years away from today: such a year is misread far more often than written
# An illegible date may be any day of eighty years, few of them recent; or there may be none.
UNREAD_DATE = 0.005
TOPICS: Mapping[str, Reason] = {
    Topic.BANKRUPTCY: Reason.BANKRUPTCY_NOTICE,
    Topic.DISPUTE: Reason.DISPUTED,
    Topic.NEW_ADDRESS: Reason.NEW_ADDRESS,
}


def paper_reasons(check: ItemEvidence, policy: Policy, today: date) -> set[Reason]:
    """The reasons on a check against posting it, whatever it pays (RULES: what may not post by itself)."""
    kind = check.clear(Field.CHECK_KIND)
    bank_paper = kind in (CheckKind.CASHIERS, CheckKind.MONEY_ORDER)
    reasons = _date_reasons(check, policy, today, bank_paper)
    if check.back_missing:
        reasons.add(Reason.BACK_MISSING)
    if not check.carried_micr and not _micr_sure(check, policy):
        reasons.add(Reason.MICR_UNREAD)
    if kind != CheckKind.BILL_PAY and check.clear(Field.SIGNATURE) == "absent":
        reasons.add(Reason.UNSIGNED)
    # The capture system that balanced the amount checked the payee, too: then only a clearly different one is a reason.
    if _payee_not_ours(check, policy) and (check.carried_cents is None or check.clear(Field.PAYEE)):
        reasons.add(Reason.WRONG_PAYEE)
    return reasons


def _micr_sure(check: ItemEvidence, policy: Policy) -> bool:
    """The deposit is made from the routing number and the whole on-us field; how the latter splits does not matter."""
    if check.reading is None:
        return False
    bests = [check.reading.best(name) for name in (Field.ROUTING, Field.MICR_LINE)]
    return all(best is not None and best.probability * 1e6 >= policy.min_micr_ppm for best in bests)


def _date_reasons(check: ItemEvidence, policy: Policy, today: date, bank_paper: bool) -> set[Reason]:
    """Stale-dated (UCC 4-404; not cashier's checks and money orders) or postdated (UCC 4-401(c)). Undated is fine.

    A doubtful date is weighed by how common its age is: a 1 lost from 11/12 must not make a check ten months old.
    """
    stale_on = months_before(today, policy.stale_months)
    weights = {"fine": 0.0, "stale": 0.0, "ahead": 0.0}
    candidates = check.candidates(Field.DATE)
    for candidate in candidates:
        written_on = date.fromisoformat(candidate.value)
        rare = FAR_DATE if abs((today - written_on).days) > FAR_DAYS else RARE_DATE
        if written_on > today:
            weights["ahead"] += candidate.probability * rare
        elif written_on < stale_on:
            weights["fine" if bank_paper else "stale"] += candidate.probability * rare
        else:
            is_recent = (today - written_on).days <= RECENT_DAYS
            weights["fine"] += candidate.probability * (1.0 if is_recent else OLDER_DATE)
    weights["fine"] += UNREAD_DATE * max(0.0, 1 - sum(candidate.probability for candidate in candidates))
    total = sum(weights.values())
    reasons = {"stale": Reason.STALE, "ahead": Reason.POST_DATED}
    return {reason for key, reason in reasons.items() if total and weights[key] * 1e6 > policy.bad_date_ppm * total}


def _payee_not_ours(check: ItemEvidence, policy: Policy) -> bool:
    """Whether no reading of the payee looks like one of ours; an illegible payee is not ours."""
    candidates = check.candidates(Field.PAYEE)
    likeness = [payee_likeness(candidate.value, payee) for candidate in candidates for payee in policy.payees]
    return max(likeness, default=0.0) < policy.min_payee_percent


def payee_likeness(read: str, payee: str) -> float:
    """How alike a payee as read and an accepted one are, 0 to 100; order, case, spaces, extra words matter little."""
    read, payee = read.casefold(), payee.casefold()
    letters = fuzz.ratio(re.sub(r"[^a-z0-9]", "", read), re.sub(r"[^a-z0-9]", "", payee))
    return max(fuzz.token_set_ratio(read, payee), fuzz.ratio(read, payee), letters)


def is_unread_letter(item: ItemEvidence) -> bool:
    """Whether this is a letter too illegible to know that it does not settle the debt."""
    if item.kind is not DocumentKind.LETTER or item.reading is None:
        return False
    text = item.reading.best(Field.TEXT)
    return text is None or text.probability < LEGIBLE


def settles(item: ItemEvidence, policy: Policy) -> bool:
    """Whether the payer may intend to settle the debt; depositing the check could discharge it (UCC 3-311).

    A hint is enough.
    """
    limit = policy.letter_phrase_ppm if item.kind is DocumentKind.LETTER else policy.phrase_ppm
    return any(candidate.probability * 1e6 >= limit for candidate in item.candidates(Field.PHRASE))


def topics(letter: ItemEvidence) -> list[Reason]:
    """What a letter is about, by its words: it decides who reads it, and how soon."""
    return [TOPICS[candidate.value] for candidate in letter.candidates(Field.TOPIC) if candidate.value in TOPICS]
