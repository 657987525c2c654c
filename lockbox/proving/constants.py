"""Constants that were set by judgement, each beside what the measured mail says of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import pairwise

from lockbox.mail import amount_match, contract_match
from lockbox.proving.curve import interval
from lockbox.proving.drawn_mail import Look
from lockbox.simulator.papers import CheckPaper
from ocr.reading import Field

Row = tuple[str, str, str, str]
HEADS = ("constant", "set to", "measured", "what was counted")


def measured(looks: Sequence[Look]) -> list[Row]:
    """One row per constant. What depends on who pays what is the drawn mail's: a lender's own history says better."""
    checks = [one for one in looks if isinstance(one.document.paper, CheckPaper)]
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


def _truth(look: Look, name: Field) -> str:
    return next((one.truth for one in look.raw if one.field == name), "")


def _errors(constant: str, errors: amount_match.Errors, checks: Iterable[Look], name: Field) -> Iterable[Row]:
    """What became of amounts that were read wrong."""
    read = [(one.seen.reading.best(name), _truth(one, name)) for one in checks]
    wrong = [(int(truth), int(best.value)) for best, truth in read if best is not None and best.value != truth]
    found = Counter(amount_match.error_of(*pair)[0] for pair in wrong)
    for kind, share in asdict(errors).items():
        if share or found[kind]:
            yield f"{constant}.{kind}", f"{share:g}", _share(found[kind], len(wrong)), f"of {name} read wrong"


def _lookalikes(checks: Iterable[Look]) -> Row:
    """How often the surest figures, claimed at 0.99 or more, have one digit wrong."""
    sure = [
        (best.value, _truth(one, Field.COURTESY_AMOUNT))
        for one in checks
        if (best := one.seen.reading.best(Field.COURTESY_AMOUNT)) is not None and best.probability >= 0.99
    ]
    wrong = sum(amount_match.one_sign_apart(int(value), int(truth)) for value, truth in sure)
    told = "figures surer than 0.99 with one digit wrong; the constant is for one particular digit and reader's pair"
    return "amounts.LOOKALIKE", f"{amount_match.LOOKALIKE:g}", _share(wrong, len(sure)), told


def _agreement(checks: Iterable[Look]) -> Row:
    """How often words say what the figures say, where these are right and where they are wrong."""
    same = {True: [0, 0], False: [0, 0]}
    for one in checks:
        figures, words = (one.seen.reading.best(name) for name in (Field.COURTESY_AMOUNT, Field.LEGAL_AMOUNT))
        if figures is not None and words is not None:
            counts = same[figures.value == _truth(one, Field.COURTESY_AMOUNT)]
            counts[0] += figures.value == words.value
            counts[1] += 1
    told = "words agree with the figures where these are right; and where they are wrong"
    return "figures and words agree", "", f"{_share(*same[True])}; {_share(*same[False])}", told


def _names(checks: Sequence[Look]) -> Iterable[Row]:
    """How alike the payer as read is to the payer who wrote the check, and to the payer of the next check."""
    names = [
        (best.value.split("\n")[0], one.document.paper.payer_lines[0])
        for one in checks
        if (best := one.seen.reading.best(Field.PAYER)) is not None and isinstance(one.document.paper, CheckPaper)
    ]
    own = sum(contract_match.same_name(read, true) >= 0.85 for read, true in names)
    others = [(read, other) for (read, true), (_, other) in pairwise(names) if other != true]
    chance = sum(contract_match.same_name(read, other) >= 0.85 for read, other in others)
    far = sum(contract_match.same_name(read, true) < 0.5 for read, true in names)
    yield (
        "matching.NAME_SAME",
        f"{contract_match.NAME_SAME:g}",
        f"{_share(own, len(names))}; {_share(chance, len(others))}",
        "payer as read alike to the right one; to another one: the constant is the ratio",
    )
    yield (
        "matching.NAME_OTHER",
        f"{contract_match.NAME_OTHER:g}",
        _share(far, len(names)),
        "payer as read unlike the right one",
    )
