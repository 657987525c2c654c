"""Fits the model of what texts are about: `python -m training.wording`, seven minutes of one core.

Learns from `training/letters/*.tsv`: bodies of letters and memo lines, each worded separately, none of them ever sent.
They are misread as readers misread, put among other lines as in a letter, and joined to letters about other matters;
lines of drawn checks, as they were read, are about nothing, and so is what printers put on checks, stubs, and coupons
(`ocr/fields/form_print.txt`; its other half, `tests/ocr/nets/form_print.tsv`, is kept back). Its claims are made honest
on the texts of each file after it learned from the others. The figures are of `lockbox/simulator/letters.tsv`, which it
never learns from; nobody looked at `tests/ocr/nets/letters.tsv` while it was made.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from lockbox.simulator import phrasing as drawn_wording
from lockbox.simulator.inbox import render
from lockbox.simulator.letters import Body, bodies
from lockbox.simulator.papers import CheckPaper
from ocr import reader
from ocr.fields import phrase
from ocr.nets import ctc, wording
from ocr.reading import Candidate, Topic

ROOT = Path(__file__).resolve().parents[1]
LETTERS = ROOT / "training" / "letters"
FEATURES = 1 << 14
COPIES = 6  # of each text, besides itself, misread and among other lines: cross-validated, 2 are worse
ACCOUNT_DIGITS, FOLDS = 8, 4
CHECK_COPIES, OFTEN = 8, 8  # times that a line of a check counts; for a line of several checks, times that at most
MISREAD = (0.02, 0.16)  # share of the letters
DECAY = 1e-5
STEPS, RATE = 300, 0.1
MEMORY, TINY = (0.9, 0.99), 1e-8  # of Adam: how slowly its means forget; the least that it divides by
NEWTON, RIDGE = 60, 1e-6  # steps, and what keeps them finite
# More log odds than are honest, by label: with form print among what is about nothing, misread settlements were heard
# less often than before. Chosen on misread lines of `lockbox/simulator/letters.tsv`, judged on `tests/ocr/nets`.
ALARM = (0.15, 0.0, 0.0, 0.0)
LIMIT = 0.3  # at which the figures are given: the reference policy holds a check at it
LARGEST = 127  # weights are stored in 8 bits
GREETINGS = (
    "To whom it may concern,",
    "Dear Sir or Madam,",
    "Hello,",
    "Dear Customer Service:",
    "Hi,",
    "Gentlemen:",
    "To the payment department",
    "Attn: Customer Service",
    "Good morning,",
)
CLOSINGS = ("Sincerely,", "Thank you,", "Yours truly,", "Respectfully,", "Regards,", "Thanks", "Very truly yours,")


@dataclass(frozen=True)
class Example:
    """A text, what it is about [labels], and whether it is a memo line."""

    text: str
    about: tuple[bool, ...]
    is_memo: bool


def main() -> None:
    """Learns, measures, writes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / f"{wording.MODEL}.npy")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--checks", type=int, default=500, help="drawn checks whose lines are about nothing")
    options = parser.parse_args()
    paths = sorted(LETTERS.glob("*.tsv"))
    files = [[_example(body) for body in bodies(path)] for path in paths]
    nothing = (False,) * len(wording.LABELS)
    printed = [Example(text, nothing, is_memo=True) for text in phrase.FORM_PRINT.read_text().splitlines()]
    check_lines = _check_lines(options.checks, options.seed)
    odds, truths = _cross_validated(files, printed, check_lines, options.steps, options.seed)
    scale, bias = zip(*(_honest(odds[:, at], truths[:, at]) for at in range(len(wording.LABELS))), strict=True)
    rng = Random(options.seed)
    weights = _fitted(_worn([*chain(*files), *printed], rng) + CHECK_COPIES * check_lines, options.steps)
    step = np.abs(weights).max(axis=0) / LARGEST
    np.save(options.out, np.round(weights / step).astype(np.int8))
    facts = {
        "version": f"wording-{options.seed}-{options.steps}-{len(printed) + sum(map(len, files))}",
        "labels": wording.LABELS,
        "step": step.astype(float).tolist(),
        "scale": [round(number, 4) for number in scale],
        "bias": [round(number + more, 4) for number, more in zip(bias, ALARM, strict=True)],
        "seed": options.seed,
        "steps": options.steps,
        "texts": len(printed) + sum(map(len, files)),
        "check_lines": len(check_lines),
        "data": "training/letters: worded for this project; lines of checks that lockbox/simulator draws, as read",
    }
    options.out.with_suffix(".json").write_text(json.dumps(facts))
    ctc.use(options.out.parent)
    facts["figures"] = _figures([_example(body) for body in bodies()])
    options.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def _example(body: Body) -> Example:
    return Example(" ".join(body.lines), tuple(label in body.about for label in wording.LABELS), body.is_memo)


def _check_lines(count: int, seed: int) -> list[Example]:
    """Lines of drawn checks as they are read, apart from amounts and dates: about nothing."""
    from lockbox.proving.drawn_mail import planned
    from lockbox.settings import Settings

    with TemporaryDirectory() as folder:
        day = planned(Settings(home=Path(folder)), seed, 2 * count, 5 * count)
    documents = [document for batch in day.batches for document in batch.documents]
    checks = [document for document in documents if isinstance(document.paper, CheckPaper)]
    harmless = [check for check in checks if _is_harmless(check.paper.memo_text)]
    counts: Counter[str] = Counter()

    def keep(texts: Iterable[tuple[str, float]], _source: str, **_others: bool) -> list[Candidate]:
        counts.update({text for text, _ in texts})
        return []

    with patch.object(phrase, "find", keep), patch.object(phrase, "hinted", lambda _: False):
        for check in harmless[:count]:
            reader.read_document(render(check)[0])  # backs carry memo lines that it is measured on
    nothing = (False,) * len(wording.LABELS)
    texts = sorted(counts)
    Random(seed).shuffle(texts)
    return [Example(text, nothing, is_memo=True) for text in texts for _ in range(min(OFTEN, counts[text]))]


def _is_harmless(memo: str | None) -> bool:
    """No memo, a harmless one that everybody writes, or an account number: nothing that it is measured on."""
    return memo is None or memo in drawn_wording.HARMLESS or sum(map(str.isdigit, memo)) >= ACCOUNT_DIGITS


def _figures(texts: Sequence[Example]) -> dict[str, str]:
    """How many of the held-out texts about each label raise an alarm, and how many of the rest."""
    figures = {}
    for at, label in enumerate(wording.LABELS):
        for is_memo in (False, True)[: 2 if label == Topic.SETTLES else 1]:
            alarms: dict[bool, list[bool]] = {True: [], False: []}
            for example in texts:
                if example.is_memo == is_memo:
                    alarms[example.about[at]].append(wording.about(example.text).get(label, 0.0) >= LIMIT)
            right, false = alarms[True], alarms[False]
            figures[f"{label}, {'memo lines' if is_memo else 'letters'}"] = (
                f"{sum(right)} of {len(right)} heard, {sum(false)} of {len(false)} others"
            )
    return figures


def _worn(texts: Sequence[Example], rng: Random) -> list[Example]:
    """Each text as it is, and several times in a letter and misread."""
    nothing = [example for example in texts if not any(example.about) and not example.is_memo]
    worn = list(texts)
    for example in texts:
        for _ in range(COPIES):
            text = example.text if example.is_memo else _among(example.text, nothing, rng)
            worn.append(Example(_misread(text, rng), example.about, example.is_memo))
    return worn


def _among(body: str, nothing: Sequence[Example], rng: Random) -> str:
    """A body in its letter: date, account, greeting, sometimes a paragraph about something else, closing."""
    parts = [body]
    if rng.random() < 0.4:
        parts.insert(rng.randrange(2), rng.choice(nothing).text)
    head = [f"{rng.choice(('Oct', 'November', '11/12'))} {rng.randrange(1, 29)} 2026", rng.choice(GREETINGS)]
    if rng.random() < 0.7:
        head.insert(1, f"{rng.choice(('Re: account', 'Acct', 'RE: Loan', 'account #'))} {rng.randrange(10**9, 10**10)}")
    return " ".join([*head, *parts, rng.choice(CLOSINGS)] if rng.random() < 0.8 else parts)


def _misread(text: str, rng: Random) -> str:
    """Letters replaced or lost, words run together and torn apart."""
    share = rng.uniform(*MISREAD)
    return "".join(_as_read(letter, share, rng) for letter in text)


def _as_read(letter: str, share: float, rng: Random) -> str:
    luck = rng.random()
    if letter == " ":
        return "" if luck < share / 3 else letter
    if luck < 0.65 * share:
        return chr(rng.randrange(97, 123))
    if luck < 0.85 * share:
        return ""
    return f"{letter} " if luck < 0.9 * share else letter


def _fitted(examples: Sequence[Example], steps: int) -> np.ndarray:
    """Weights [features, labels] of a logistic regression, letters and memo lines of all labels at once (Adam)."""
    texts = _sparse(examples)
    truth = np.array([example.about for example in examples], np.float32)
    weights = np.zeros((FEATURES + 1, len(wording.LABELS)), np.float32)  # the last row is the bias
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, steps + 1):
        slope = texts.slope(1 / (1 + np.exp(-texts.odds(weights))) - truth) / len(examples)
        slope[:FEATURES] += DECAY * weights[:FEATURES]
        mean += (1 - MEMORY[0]) * (slope - mean)
        square += (1 - MEMORY[1]) * (slope**2 - square)
        size = np.sqrt(square / (1 - MEMORY[1] ** step)) + TINY
        weights -= RATE * mean / (1 - MEMORY[0] ** step) / size
    fitted: np.ndarray = weights[:FEATURES]
    return fitted


@dataclass(frozen=True)
class _Sparse:
    """Texts by their features: all features one after another, where those of each text begin, what each counts."""

    at: NDArray[np.intp]
    begin: NDArray[np.intp]
    share: NDArray[np.float32]

    def odds(self, weights: np.ndarray) -> np.ndarray:
        """Log odds [texts, labels]."""
        sums: np.ndarray = np.add.reduceat(weights[self.at] * self.share[:, None], self.begin) + weights[FEATURES]
        return sums

    def slope(self, errors: np.ndarray) -> np.ndarray:
        """How the loss of these errors [texts, labels] changes with each weight and the bias."""
        counts = np.diff(np.append(self.begin, len(self.at)))
        slope = np.empty((FEATURES + 1, errors.shape[1]), np.float32)
        for label in range(errors.shape[1]):
            each = np.repeat(errors[:, label], counts) * self.share
            slope[:FEATURES, label] = np.bincount(self.at, each, FEATURES)
        slope[FEATURES] = errors.sum(axis=0)
        return slope


def _sparse(examples: Sequence[Example]) -> _Sparse:
    rows = [wording.features(example.text, FEATURES) for example in examples]
    rows = [row if len(row) else np.zeros(1, np.intp) for row in rows]
    begin = np.cumsum([0, *map(len, rows[:-1])])
    counts = np.concatenate([np.full(len(row), 1 / np.sqrt(len(row)), np.float32) for row in rows])
    return _Sparse(np.concatenate(rows), begin, counts)


def _cross_validated(
    files: Sequence[Sequence[Example]],
    printed: Sequence[Example],
    check_lines: Sequence[Example],
    steps: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray]:
    """Log odds [texts, labels] of each file's texts, also misread, after learning from the others; and the truth.

    Form print is of one kind: each part of it, after learning from its other parts.
    """
    odds, truths = [], []
    for fold in range(FOLDS):
        held = [*chain(*files[fold::FOLDS]), *printed[fold::FOLDS]]
        learned = [example for at, texts in enumerate(files) if at % FOLDS != fold for example in texts]
        learned += [example for at, example in enumerate(printed) if at % FOLDS != fold]
        half = len(check_lines) // 2
        weights = _fitted(_worn(learned, Random(seed)) + CHECK_COPIES * list(check_lines[:half]), steps)
        for example in [*_worn(held, Random(seed + 1)), *check_lines[half:]]:
            seen = wording.features(example.text, FEATURES)
            odds.append(weights[seen].sum(axis=0) / np.sqrt(max(1, len(seen))))
            truths.append(example.about)
    return np.array(odds), np.array(truths)


def _honest(odds: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Scale and bias under which the truth is likeliest (Platt 1999), by Newton's method."""
    design, line = np.stack([odds, np.ones_like(odds)], 1).astype(float), np.array([1.0, 0.0])
    for _ in range(NEWTON):
        chance = 1 / (1 + np.exp(-design @ line))
        curvature = design.T @ (design * (chance * (1 - chance))[:, None]) + RIDGE * np.eye(2)
        step = np.linalg.solve(curvature, design.T @ (chance - truth))
        line -= step * min(1.0, 1.0 / float(np.abs(step).max() + TINY))
    return float(line[0]), float(line[1])


if __name__ == "__main__":
    main()
