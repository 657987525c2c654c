"""What a made-up mail day really says, kept apart from the mail, and how well the postings agree with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from lockbox.errors import InputError
from lockbox.files import write_whole
from lockbox.money import dollars, last_four


@dataclass(frozen=True, slots=True)
class TrueLine:
    """The part of a check that belongs on one contract."""

    account_number: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class TrueItem:
    """One document. The first four fields give its place, the rest what it is and what should happen to it."""

    site_id: str
    batch_no: str
    sequence: int
    envelope_no: int
    kind: str  # an ocr.reading.DocumentKind
    story: str
    outcome: str  # post, suspense, review or support
    must_stop: bool = False  # posting it straight through is wrong, however well it was read
    reasons: tuple[str, ...] = ()  # why it should not post straight through: values of lockbox.mail.reason.Reason
    lines: tuple[TrueLine, ...] = ()  # of a correct posting, even if a person has to make it
    amount_cents: int | None = None  # of the check; the words where words and figures differ
    check_kind: str = ""
    routing: str = ""
    bank_account: str = ""
    serial: str = ""
    payee: str = ""
    dated_on: str = ""  # ISO; "" undated
    account_number: str = ""  # as written on the document, right or wrong
    troubles: tuple[str, ...] = ()  # what the scanner did to it
    instruction: str = ""  # what the paper asks to be done with the money: ocr.reading.PRINCIPAL_ONLY

    @property
    def key(self) -> tuple[str, str, int]:
        """Its site, batch and sequence."""
        return self.site_id, self.batch_no, self.sequence


def unplaced_item(kind: str, story: str, outcome: str, **details: Any) -> TrueItem:
    """One document that is in no batch yet; `details` are further fields of `TrueItem`."""
    return TrueItem("", "", 0, 0, kind, story, outcome, **details)


@dataclass(frozen=True, slots=True)
class Truth:
    """A whole day."""

    business_date: date
    seed: int
    items: tuple[TrueItem, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was decided about one item, beside its truth."""

    item: TrueItem
    outcome: str
    lines: tuple[TrueLine, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How well the checks of a day were posted."""

    checks: int
    posted: int  # straight through
    could_post: int  # checks that no rule keeps from posting
    could_post_posted: int
    misreads: tuple[Verdict, ...]  # posted to a wrong contract or in a wrong amount
    wrongly_posted: tuple[Verdict, ...]  # posted but had to stop; `item.reasons` were missed
    missed_reasons: tuple[Verdict, ...]  # stopped, but not for any of the right reasons
    undecided: tuple[TrueItem, ...]  # without a decision
    unknown: tuple[tuple[str, str, int], ...]  # decided, but never mailed
    reasons: Mapping[str, tuple[int, int, int]] = field(
        default_factory=dict
    )  # reason: expected, expected and given, given

    @property
    def straight_through(self) -> float:
        """Share of all checks that were posted straight through."""
        return self.posted / self.checks if self.checks else 0.0


class Row(Protocol):
    """A row by column name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def score(truth: Truth, posted: Iterable[Row]) -> Score:
    """Compares a day with what was decided and posted.

    `posted` are rows of sql/reports/posted_lines.sql: site_id, batch_no, sequence, outcome, reasons, account_number
    and amount_cents; one row for each line of a posted item, and for any other item one row with the last two null.
    """
    decided = _by_item(posted)
    checks = [item for item in truth.items if item.kind == "check"]
    verdicts = {item.key: _verdict(item, decided[item.key]) for item in checks if item.key in decided}
    straight = [verdict for verdict in verdicts.values() if verdict.outcome == "post"]
    stopped = [verdict for verdict in verdicts.values() if verdict.outcome != "post"]
    postable = [item for item in checks if not item.must_stop and item.outcome == "post"]
    return Score(
        checks=len(checks),
        posted=len(straight),
        could_post=len(postable),
        could_post_posted=sum(item.key in verdicts and verdicts[item.key].outcome == "post" for item in postable),
        misreads=tuple(verdict for verdict in straight if _totals(verdict.lines) != _totals(verdict.item.lines)),
        wrongly_posted=tuple(verdict for verdict in straight if verdict.item.must_stop),
        missed_reasons=tuple(verdict for verdict in stopped if verdict.item.must_stop and not _right_reasons(verdict)),
        undecided=tuple(item for item in truth.items if item.key not in decided),
        unknown=tuple(sorted(decided.keys() - {item.key for item in truth.items})),
        reasons=_reasons(verdicts.values()),
    )


def describe(score: Score) -> list[str]:
    """The score in words for a console, the worst last; every item that went wrong is named."""
    share = score.could_post_posted / score.could_post if score.could_post else 0.0
    lines = [
        f"straight-through: {score.posted} of {score.checks} checks ({score.straight_through:.1%}); "
        f"of the {score.could_post} that may post by themselves, {score.could_post_posted} did ({share:.1%})",
        f"against the truth: {len(score.misreads)} misread, {len(score.wrongly_posted)} posted that should have been "
        f"stopped, {len(score.missed_reasons)} stopped for a wrong reason",
    ]
    for error, verdicts in (("misread", score.misreads), ("should have been stopped", score.wrongly_posted)):
        lines += [f"  {error}: {_verdict_text(verdict)}" for verdict in verdicts]
    if score.undecided:
        lines.append(f"  {len(score.undecided)} documents have no decision")
    return lines + [f"  decided, but never mailed: {'/'.join(map(str, key))}" for key in score.unknown]


def _verdict_text(verdict: Verdict) -> str:
    item = verdict.item
    reasons = f" ({', '.join(item.reasons)})" if item.reasons else ""
    posted, right = _lines_text(verdict.lines), _lines_text(item.lines) or "nothing"
    return f"{item.site_id} {item.batch_no} #{item.sequence}, {item.story}{reasons}: posted {posted}, right is {right}"


def _lines_text(lines: Iterable[TrueLine]) -> str:
    return ", ".join(f"{last_four(line.account_number)} {dollars(line.amount_cents)}" for line in lines)


def _by_item(posted: Iterable[Row]) -> dict[tuple[str, str, int], list[Row]]:
    """The rows of each decided item, by its key."""
    rows: dict[tuple[str, str, int], list[Row]] = {}
    for row in posted:
        rows.setdefault((row["site_id"], row["batch_no"], row["sequence"]), []).append(row)
    return rows


def _verdict(item: TrueItem, rows: Sequence[Row]) -> Verdict:
    lines = [TrueLine(row["account_number"], row["amount_cents"]) for row in rows if row["account_number"] is not None]
    outcome, reasons = rows[-1]["outcome"] or "", tuple(rows[-1]["reasons"] or ())
    return Verdict(item, outcome, tuple(sorted(lines, key=_by_account)), reasons)


def _by_account(line: TrueLine) -> tuple[str, int]:
    return line.account_number, line.amount_cents


def _right_reasons(verdict: Verdict) -> set[str]:
    """Reasons that were both expected and given."""
    return {*verdict.item.reasons} & {*verdict.reasons}


def _totals(lines: Iterable[TrueLine]) -> dict[str, int]:
    """What each contract gets: how a payment is split into lines does not matter."""
    totals: Counter[str] = Counter()
    for line in lines:
        totals[line.account_number] += line.amount_cents
    return dict(totals)


def _reasons(verdicts: Iterable[Verdict]) -> dict[str, tuple[int, int, int]]:
    expected: Counter[str] = Counter()
    both: Counter[str] = Counter()
    given: Counter[str] = Counter()
    for verdict in verdicts:
        expected.update(verdict.item.reasons)
        both.update(_right_reasons(verdict))
        given.update(verdict.reasons)
    return {reason: (expected[reason], both[reason], given[reason]) for reason in sorted(expected | given)}


def save_truth(truth: Truth, path: Path) -> None:
    """Writes a day's truth; a reader never sees half of it."""
    plain = {
        "business_date": truth.business_date.isoformat(),
        "seed": truth.seed,
        "items": [asdict(item) for item in truth.items],
    }
    write_whole(path, json.dumps(plain, indent=1).encode())


def load_truth(path: Path) -> Truth:
    """The truth that `save_truth` wrote.

    Raises:
        InputError: the file is missing or holds something else.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        items = tuple(_item(item) for item in plain["items"])
        return Truth(date.fromisoformat(plain["business_date"]), plain["seed"], items)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"no truth of a mail day: {error}", file=str(path)) from error


def _item(plain: dict[str, Any]) -> TrueItem:
    plain["lines"] = tuple(TrueLine(**line) for line in plain["lines"])
    plain["reasons"], plain["troubles"] = tuple(plain["reasons"]), tuple(plain["troubles"])
    return TrueItem(**plain)
