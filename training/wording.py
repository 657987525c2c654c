"""Fits what texts are about: `python -m training.wording`, some seven minutes of one core. Needs PyTorch.

Learns from `training/letters/*.tsv`: bodies of letters and memo lines, each worded by itself, none sent by anybody.
They are misread as readers misread, put among other lines as letters have them, and joined to letters about nothing of
the kind; lines of drawn checks, as they were read, are about nothing. What it claims is made honest on texts of each
file after learning from the others. The figures are of `lockbox/simulator/letters.tsv`, which it never learns from;
`tests/ocr/nets/letters.tsv` nobody looked at while it was made.
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
import torch

from lockbox.simulator import phrasing as drawn_wording
from lockbox.simulator.inbox import render
from lockbox.simulator.letters import Body, bodies
from lockbox.simulator.papers import CheckPaper
from ocr import reader
from ocr.fields import phrase
from ocr.nets import ctc, wording
from ocr.reading import Candidate, Topic

ROOT = Path(__file__).resolve().parents[1]
FEATURES = 1 << 14
COPIES = 6  # of each text, besides itself, misread and among other lines: cross-validated, 2 lose more
ACCOUNT_DIGITS, FOLDS = 8, 4
SAID, OFTEN = 8, 8  # times that each line of a check counts; if it stands on several, so many times that at most
MISREAD = (0.02, 0.16)  # share of the letters
DECAY = 1e-5
STEPS, RATE = 300, 0.1
LIMIT = 0.3  # that the figures are given at: what the reference policy holds a check at
GREETINGS = ("To whom it may concern,", "Dear Sir or Madam,", "Hello,", "Dear Customer Service:", "Hi,", "Gentlemen:",
             "To the payment department", "Attn: Customer Service", "Good morning,")  # fmt: skip
CLOSINGS = ("Sincerely,", "Thank you,", "Yours truly,", "Respectfully,", "Regards,", "Thanks", "Very truly yours,")


@dataclass(frozen=True)
class Example:
    """A text, what it is about [labels], and whether it is a memo line."""

    text: str
    about: tuple[bool, ...]
    is_memo: bool


def main() -> None:
    """Learn, measure, write."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--out", type=Path, default=ROOT / "ocr" / "models" / f"{wording.MODEL}.npy")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--steps", type=int, default=STEPS)
    words.add_argument("--checks", type=int, default=500, help="drawn checks whose lines are about nothing")
    chosen = words.parse_args()
    torch.set_num_threads(1)
    files = [[_example(one) for one in bodies(path)] for path in sorted((ROOT / "training" / "letters").glob("*.tsv"))]
    said = _check_lines(chosen.checks, chosen.seed)
    odds, truths = _odds_of_each(files, said, chosen.steps, chosen.seed)
    scale, bias = zip(*(_honest(odds[:, at], truths[:, at]) for at in range(len(wording.LABELS))), strict=True)
    rng = Random(chosen.seed)
    weights = _fitted(_worn(list(chain(*files)), rng) + SAID * said, chosen.steps)
    step = np.abs(weights).max(axis=0) / 127
    np.save(chosen.out, np.round(weights / step).astype(np.int8))
    facts = {
        "version": f"wording-{chosen.seed}-{chosen.steps}",
        "labels": wording.LABELS,
        "step": [float(one) for one in step],
        "scale": [round(one, 4) for one in scale],
        "bias": [round(one, 4) for one in bias],
        "seed": chosen.seed,
        "steps": chosen.steps,
        "texts": sum(map(len, files)),
        "check_lines": len(said),
        "data": "training/letters: worded for this project; lines of checks that lockbox/simulator draws, as read",
        "torch": torch.__version__,
    }
    chosen.out.with_suffix(".json").write_text(json.dumps(facts))
    ctc.use(chosen.out.parent)
    facts["figures"] = _figures([_example(one) for one in bodies()])
    chosen.out.with_suffix(".json").write_text(json.dumps(facts, indent=1) + "\n")
    print(json.dumps(facts, indent=1))


def _example(body: Body) -> Example:
    return Example(" ".join(body.lines), tuple(one in body.about for one in wording.LABELS), body.is_memo)


def _check_lines(count: int, seed: int) -> list[Example]:
    """Lines of drawn checks' faces as they are read, beside amounts and dates: about nothing."""
    from lockbox.proving.drawn_mail import planned
    from lockbox.settings import Settings

    with TemporaryDirectory() as folder:
        day = planned(Settings(home=Path(folder)), seed, 2 * count, 5 * count)
    checks = [one for batch in day.batches for one in batch.documents if isinstance(one.paper, CheckPaper)]
    harmless = [one for one in checks if _is_harmless(one.paper.memo_text)]
    said: Counter[str] = Counter()

    def keep(texts: Iterable[tuple[str, float]], _source: str, **_others: bool) -> list[Candidate]:
        said.update({text for text, _ in texts})
        return []

    with patch.object(phrase, "find", keep), patch.object(phrase, "hinted", lambda _: False):
        for one in harmless[:count]:
            reader.read_document(render(one)[0])  # backs carry memo lines that it is measured on
    nothing = (False,) * len(wording.LABELS)
    texts = sorted(said)
    Random(seed).shuffle(texts)
    return [Example(one, nothing, is_memo=True) for one in texts for _ in range(min(OFTEN, said[one]))]


def _is_harmless(memo: str | None) -> bool:
    """No memo, a harmless one that everybody writes, or an account number: nothing of what it is measured on."""
    return memo is None or memo in drawn_wording.HARMLESS or sum(map(str.isdigit, memo)) >= ACCOUNT_DIGITS


def _figures(texts: Sequence[Example]) -> dict[str, str]:
    """How many of the texts kept out are heard, and how many others falsely, as they stand."""
    found = {}
    for at, label in enumerate(wording.LABELS):
        for is_memo in (False, True)[: 2 if label == Topic.SETTLES else 1]:
            said = [(one.about[at], wording.about(one.text).get(label, 0.0) >= LIMIT) for one in texts
                    if one.is_memo == is_memo]  # fmt: skip
            heard, falsely = ([got for meant, got in said if meant is so] for so in (True, False))
            found[f"{label}, {'memo lines' if is_memo else 'letters'}"] = (
                f"{sum(heard)} of {len(heard)} heard, {sum(falsely)} of {len(falsely)} others"
            )
    return found


def _worn(texts: Sequence[Example], rng: Random) -> list[Example]:
    """Each text as it stands and as letters and readers make it."""
    nothing = [one for one in texts if not any(one.about) and not one.is_memo]
    found = list(texts)
    for one in texts:
        for _ in range(COPIES):
            text = one.text if one.is_memo else _among(one.text, nothing, rng)
            found.append(Example(_misread(text, rng), one.about, one.is_memo))
    return found


def _among(body: str, nothing: Sequence[Example], rng: Random) -> str:
    """A body in its letter: date, account, greeting, now and then a paragraph about something else, name."""
    parts = [body]
    if rng.random() < 0.4:
        parts.insert(rng.randrange(2), rng.choice(nothing).text)
    head = [f"{rng.choice(('Oct', 'November', '11/12'))} {rng.randrange(1, 29)} 2026", rng.choice(GREETINGS)]
    if rng.random() < 0.7:
        head.insert(1, f"{rng.choice(('Re: account', 'Acct', 'RE: Loan', 'account #'))} {rng.randrange(10**9, 10**10)}")
    return " ".join([*head, *parts, rng.choice(CLOSINGS)] if rng.random() < 0.8 else parts)


def _misread(text: str, rng: Random) -> str:
    """Letters taken for others, lost and added, words run together and torn."""
    share = rng.uniform(*MISREAD)
    return "".join(_as_read(one, share, rng) for one in text)


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
    """Weights [features, labels] of a logistic regression, letters and memo lines of all labels at once."""
    weights, bias = torch.zeros(FEATURES, len(wording.LABELS)), torch.zeros(len(wording.LABELS))
    at, sums = _sparse(examples)
    truth = torch.tensor([one.about for one in examples], dtype=torch.float32)
    weights.requires_grad_(), bias.requires_grad_()
    learner = torch.optim.Adam([weights, bias], lr=RATE, betas=(0.9, 0.99))
    for _ in range(steps):
        learner.zero_grad()
        odds = torch.nn.functional.embedding_bag(at, weights, sums[0], mode="sum", per_sample_weights=sums[1]) + bias
        loss = torch.nn.functional.binary_cross_entropy_with_logits(odds, truth, reduction="sum") / len(examples)
        (loss + DECAY / 2 * (weights**2).sum()).backward()
        learner.step()
    return weights.detach().numpy()


def _sparse(examples: Sequence[Example]) -> tuple[torch.Tensor, tuple[torch.Tensor, torch.Tensor]]:
    """The features of all texts one after the other, where each text's begin, and what each counts."""
    rows = [wording.features(one.text, FEATURES) for one in examples]
    begin = np.cumsum([0, *map(len, rows[:-1])])
    counts = np.concatenate([np.full(len(row), 1 / np.sqrt(max(1, len(row))), np.float32) for row in rows])
    return torch.from_numpy(np.concatenate(rows)), (torch.from_numpy(begin), torch.from_numpy(counts))


def _odds_of_each(
    files: Sequence[Sequence[Example]], said: Sequence[Example], steps: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Log odds [texts, labels] of files' texts after learning from the others, misread ones too, and the truth."""
    odds, truths = [], []
    for fold in range(FOLDS):
        kept = [one for texts in files[fold::FOLDS] for one in texts]
        others = [one for at, texts in enumerate(files) if at % FOLDS != fold for one in texts]
        half = len(said) // 2
        weights = _fitted(_worn(others, Random(seed)) + SAID * list(said[:half]), steps)
        for one in [*_worn(kept, Random(seed + 1)), *said[half:]]:
            seen = wording.features(one.text, FEATURES)
            odds.append(weights[seen].sum(axis=0) / np.sqrt(max(1, len(seen))))
            truths.append(one.about)
    return np.array(odds), np.array(truths)


def _honest(odds: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Scale and bias under which the truth is likeliest (Platt 1999)."""
    line = torch.tensor([1.0, 0.0], requires_grad=True)
    seen, wanted = torch.from_numpy(odds.astype(np.float32)), torch.from_numpy(truth.astype(np.float32))
    learner = torch.optim.LBFGS([line], max_iter=100)

    def closure() -> torch.Tensor:
        learner.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(seen * line[0] + line[1], wanted)
        loss.backward()
        return loss

    learner.step(closure)
    scale, bias = line.detach().tolist()
    return scale, bias


if __name__ == "__main__":
    main()
