"""Payers who ask for principal only: in the memo line, by the box on the coupon, or in their letter.

Who asks is drawn from the account number and the day alone, so that nothing else of the day changes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from random import Random

from lockbox.mail.reason import Reason
from lockbox.simulator.papers import CheckPaper, CouponPaper, LetterPaper, Paper
from lockbox.simulator.truth import TrueItem
from ocr.reading import PRINCIPAL_ONLY, CheckKind

SHARES = {"rounded_up": 0.5, "double": 0.5, "check_and_letter": 0.3, "exact": 0.01}  # of a story's loan payments
BOXED = 0.4  # share of loan coupons that are new enough to have the box
MEMOS = (
    "principal only",
    "Principal Only",
    "PRINCIPAL ONLY",
    "extra to principal",
    "apply to principal",
    "toward principal",
    "Principal",
    "addl principal",
    "a capital",
)
SENTENCES = (
    "Please apply the extra to principal only.",
    "What is over should go to the principal.",
    "Put anything left over toward principal.",
    "Extra is for principal only, please.",
)
Paired = tuple[Paper, TrueItem]


def asking(papers: tuple[Paired, ...], story: str, account_number: str, day: date) -> tuple[Paired, ...]:
    """An envelope of a loan's payer as it is when its share of payers ask for principal only; boxes on its coupons."""
    chance = Random(f"instruction:{account_number}:{day}")
    has_box, asks, pick = chance.random() < BOXED, chance.random() < SHARES.get(story, 0.0), chance.random()
    papers = tuple((_boxed(paper) if has_box else paper, truth) for paper, truth in papers)
    checks = [truth for paper, truth in papers if isinstance(paper, CheckPaper)]
    ways = [at for at, (paper, _) in enumerate(papers) if _may_ask(paper)]
    if not asks or len(checks) != 1 or checks[0].must_stop or checks[0].outcome != "post" or not ways:
        return papers
    at = ways[int(pick * len(ways))]
    asked = (*papers[:at], _asked(*papers[at], chance), *papers[at + 1 :])
    return tuple((paper, _noted(truth) if truth.kind == "check" else truth) for paper, truth in asked)


def _may_ask(paper: Paper) -> bool:
    """Whether the paper has room for it: a memo line without the account number, a box, a letter of a few lines."""
    if isinstance(paper, CheckPaper):
        return paper.kind is CheckKind.PERSONAL and not any(letter.isdigit() for letter in paper.memo_text or "")
    return isinstance(paper, LetterPaper) or (isinstance(paper, CouponPaper) and paper.ticked is not None)


def _asked(paper: Paper, truth: TrueItem, chance: Random) -> Paired:
    truth = replace(truth, instruction=PRINCIPAL_ONLY)
    if isinstance(paper, CheckPaper):
        return replace(paper, memo_text=chance.choice(MEMOS)), truth
    if isinstance(paper, CouponPaper):
        return replace(paper, ticked=True), truth
    *lines, closing, name = paper.lines
    return replace(paper, lines=(*lines, chance.choice(SENTENCES), "", closing, name)), truth


def _boxed(paper: Paper) -> Paper:
    return replace(paper, ticked=False) if isinstance(paper, CouponPaper) and paper.symbology == "PDF417" else paper


def _noted(truth: TrueItem) -> TrueItem:
    return replace(truth, reasons=tuple(sorted({*truth.reasons, str(Reason.PRINCIPAL_ONLY)})))
