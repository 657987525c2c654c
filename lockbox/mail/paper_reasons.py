"""What the papers of an envelope say, and what of it stands against posting, whichever contract it is for."""

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

LEGIBLE = 0.25  # of a letter's text, and of its worst long row: less is not enough to say what it does not say
# How common a check of that age is, against one of the last weeks.
RECENT_DAYS, OLDER_DATE, RARE_DATE = 45, 0.1, 0.03
FAR_DAYS, FAR_DATE = 730, 0.0003  # years away from today: the year is misread far oftener than written
# A date that nobody could read may be any day of eighty years, few of them recent; or there may be none.
UNREAD_DATE = 0.005
TOPICS: Mapping[str, Reason] = {
    Topic.BANKRUPTCY: Reason.BANKRUPTCY_NOTICE,
    Topic.DISPUTE: Reason.DISPUTED,
    Topic.NEW_ADDRESS: Reason.NEW_ADDRESS,
}


def paper_reasons(check: ItemEvidence, policy: Policy, today: date) -> set[Reason]:
    """What a check says against posting, whatever it pays (RULES: what may not post by itself)."""
    kind = check.clear(Field.CHECK_KIND)
    bank_paper = kind in (CheckKind.CASHIERS, CheckKind.MONEY_ORDER)
    reasons = _date_reasons(check, policy, today, bank_paper)
    if check.back_missing:
        reasons.add(Reason.BACK_MISSING)
    if not check.carried_micr and not _micr_sure(check, policy):
        reasons.add(Reason.MICR_UNREAD)
    if kind != CheckKind.BILL_PAY and check.clear(Field.SIGNATURE) == "absent":
        reasons.add(Reason.UNSIGNED)
    # The capture system that balanced an amount has looked at the payee, too: there only a clear other one is a reason.
    if _payee_not_ours(check, policy) and (check.carried_cents is None or check.clear(Field.PAYEE)):
        reasons.add(Reason.WRONG_PAYEE)
    return reasons


def _micr_sure(check: ItemEvidence, policy: Policy) -> bool:
    """The deposit is made from routing number and on-us field as they stand; how the latter splits does not matter."""
    if check.reading is None:
        return False
    found = [check.reading.best(name) for name in (Field.ROUTING, Field.MICR_LINE)]
    return all(best is not None and best.probability * 1e6 >= policy.min_micr_ppm for best in found)


def _date_reasons(check: ItemEvidence, policy: Policy, today: date, bank_paper: bool) -> set[Reason]:
    """Stale (UCC 4-404; not for cashier's checks and money orders) and post-dated (UCC 4-401(c)). Undated is fine.

    A date read in doubt is weighed by how common its age is: a 1 lost from 11/12 must not make a check ten months old.
    """
    stale_on = months_before(today, policy.stale_months)
    weights = {"fine": 0.0, "stale": 0.0, "ahead": 0.0}
    candidates = check.candidates(Field.DATE)
    for one in candidates:
        written_on = date.fromisoformat(one.value)
        rare = FAR_DATE if abs((today - written_on).days) > FAR_DAYS else RARE_DATE
        if written_on > today:
            weights["ahead"] += one.probability * rare
        elif written_on < stale_on:
            weights["fine" if bank_paper else "stale"] += one.probability * rare
        else:
            weights["fine"] += one.probability * (1.0 if (today - written_on).days <= RECENT_DAYS else OLDER_DATE)
    weights["fine"] += UNREAD_DATE * max(0.0, 1 - sum(one.probability for one in candidates))
    total = sum(weights.values())
    reasons = {"stale": Reason.STALE, "ahead": Reason.POST_DATED}
    return {reason for key, reason in reasons.items() if total and weights[key] * 1e6 > policy.bad_date_ppm * total}


def _payee_not_ours(check: ItemEvidence, policy: Policy) -> bool:
    """Whether no reading of the payee looks like one that we are; what cannot be read has not been seen to be us."""
    read = check.candidates(Field.PAYEE)
    alike = [payee_likeness(one.value, payee) for one in read for payee in policy.payees]
    return max(alike, default=0.0) < policy.min_payee_percent


def payee_likeness(read: str, payee: str) -> float:
    """How alike a payee as read and an accepted one are, 0 to 100; order, case, spaces and more words matter little."""
    one, other = read.casefold(), payee.casefold()
    tight = fuzz.ratio(re.sub(r"[^a-z0-9]", "", one), re.sub(r"[^a-z0-9]", "", other))
    return max(fuzz.token_set_ratio(one, other), fuzz.ratio(one, other), tight)


def is_unread_letter(item: ItemEvidence) -> bool:
    """A letter that was hardly read may say that the payment settles the debt."""
    if item.kind is not DocumentKind.LETTER or item.reading is None:
        return False
    text = item.reading.best(Field.TEXT)
    return text is None or text.probability < LEGIBLE


def settles(item: ItemEvidence, policy: Policy) -> bool:
    """Whether the payer may mean to settle the debt; collecting it could discharge it (UCC 3-311): a hint is enough."""
    limit = policy.letter_phrase_ppm if item.kind is DocumentKind.LETTER else policy.phrase_ppm
    return any(one.probability * 1e6 >= limit for one in item.candidates(Field.PHRASE))


def topics(letter: ItemEvidence) -> list[Reason]:
    """What a letter is about, as far as its words tell: who should read it, and how soon."""
    return [TOPICS[one.value] for one in letter.candidates(Field.TOPIC) if one.value in TOPICS]
