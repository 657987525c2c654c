"""Constants that were set by judgment, each beside what the measured mail shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise

from lockbox.mail import amount_match, contract_match
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import JudgedItem
from lockbox.simulator.papers import CheckPaper
from ocr.reading import Field

Row = tuple[str, str, str, str]
HEADS = ("constant", "set to", "measured", "what was counted")


def measured(items: Sequence[JudgedItem]) -> list[Row]:
    """One row per constant. Who pays what is the simulator's guess here; a lender's own history is better evidence."""
    checks = [item for item in items if isinstance(item.document.paper, CheckPaper)]
    return [
        *_errors("amounts.FIGURES", amount_match.FIGURES, checks, Field.COURTESY_AMOUNT),
        *_errors("amounts.WORDS", amount_match.WORDS, checks, Field.LEGAL_AMOUNT),
        _lookalikes(checks),
        _agreement(checks),
        *_names(checks),
    ]


def _share(hits: int, count: int) -> str:
    low, high = interval(hits, count)
    return f"{hits} of {count} ({low:.2%} to {high:.2%})"


def _truth(item: JudgedItem, name: Field) -> str:
    return next((judged.truth for judged in item.raw if judged.field == name), "")


def _errors(constant: str, errors: amount_match.Errors, checks: Iterable[JudgedItem], name: Field) -> Iterable[Row]:
    """How amounts were misread, by kind of error."""
    read = [(check.timed.reading.best(name), _truth(check, name)) for check in checks]
    wrong = [(int(truth), int(best.value)) for best, truth in read if best is not None and best.value != truth]
    counts = Counter(amount_match.error_of(*pair)[0] for pair in wrong)
    for kind, share in asdict(errors).items():
        if share or counts[kind]:
            yield f"{constant}.{kind}", f"{share:g}", _share(counts[kind], len(wrong)), f"of {name} read wrong"


def _lookalikes(checks: Iterable[JudgedItem]) -> Row:
    """How often the surest figures, claimed at 0.99 or more, have one digit wrong."""
    sure = [
        (best.value, _truth(check, Field.COURTESY_AMOUNT))
        for check in checks
        if (best := check.timed.reading.best(Field.COURTESY_AMOUNT)) is not None and best.probability >= 0.99
    ]
    wrong = sum(amount_match.is_one_digit_apart(int(value), int(truth)) for value, truth in sure)
    counted = "figures surer than 0.99 with one digit wrong; the constant is for one particular digit and reader's pair"
    return "amounts.LOOKALIKE", f"{amount_match.LOOKALIKE:g}", _share(wrong, len(sure)), counted


def _agreement(checks: Iterable[JudgedItem]) -> Row:
    """How often the words agree with the figures, where the figures are right and where they are wrong."""
    same = {True: [0, 0], False: [0, 0]}
    for check in checks:
        figures, words = (check.timed.reading.best(name) for name in (Field.COURTESY_AMOUNT, Field.LEGAL_AMOUNT))
        if figures is not None and words is not None:
            counts = same[figures.value == _truth(check, Field.COURTESY_AMOUNT)]
            counts[0] += figures.value == words.value
            counts[1] += 1
    counted = "words agree with the figures where these are right; and where they are wrong"
    return "figures and words agree", "", f"{_share(*same[True])}; {_share(*same[False])}", counted


def _names(checks: Sequence[JudgedItem]) -> Iterable[Row]:
    """How similar the payer as read is to the payer of the check, and to the payer of the next check."""
    names = [
        (best.value.split("\n")[0], check.document.paper.payer_lines[0])
        for check in checks
        if (best := check.timed.reading.best(Field.PAYER)) is not None and isinstance(check.document.paper, CheckPaper)
    ]
    own = sum(contract_match.same_name(read, true) >= 0.85 for read, true in names)
    strangers = [(read, next_true) for (read, true), (_, next_true) in pairwise(names) if next_true != true]
    chance = sum(contract_match.same_name(read, stranger) >= 0.85 for read, stranger in strangers)
    far = sum(contract_match.same_name(read, true) < 0.5 for read, true in names)
    yield (
        "matching.NAME_SAME",
        f"{contract_match.NAME_SAME:g}",
        f"{_share(own, len(names))}; {_share(chance, len(strangers))}",
        "payer as read alike to the right one; to another one: the constant is the ratio",
    )
    yield (
        "matching.NAME_OTHER",
        f"{contract_match.NAME_OTHER:g}",
        _share(far, len(names)),
        "payer as read unlike the right one",
    )
