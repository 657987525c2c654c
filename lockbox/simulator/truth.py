"""What a made-up mail day really says, kept apart from the mail, and how well the line's postings agree with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from lockbox.errors import InputError
from lockbox.files import write_whole
from lockbox.money import dollars, last_four


@dataclass(frozen=True, slots=True)
class TrueLine:
    """A part of a check that belongs on one contract."""

    account_number: str
    amount_cents: int


@dataclass(frozen=True, slots=True)
class TrueItem:
    """One document. The first four fields say where it lies; the rest what it is and what should become of it."""

    site_id: str
    batch_no: str
    sequence: int
    envelope_no: int
    kind: str  # an ocr.reading.DocumentKind
    story: str
    outcome: str  # post, suspense, review or support
    must_stop: bool = False  # posting it by itself is wrong, however well it was read
    reasons: tuple[str, ...] = ()  # why it should not post by itself: names of lockbox.mail.reason.Reason
    lines: tuple[TrueLine, ...] = ()  # what a correct posting has, also where a person has to make it
    amount_cents: int | None = None  # what the check is for; where words and figures differ, what the words say
    check_kind: str = ""
    routing: str = ""
    bank_account: str = ""
    serial: str = ""
    payee: str = ""
    dated_on: str = ""  # ISO; "" undated
    account_number: str = ""  # as it stands on the document, right or wrong
    troubles: tuple[str, ...] = ()  # what the scanner did to it

    @property
    def key(self) -> tuple[str, str, int]:
        """Where it lies in the day."""
        return self.site_id, self.batch_no, self.sequence


@dataclass(frozen=True, slots=True)
class Truth:
    """A whole day."""

    business_date: date
    seed: int
    items: tuple[TrueItem, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One item about which truth and line disagree."""

    item: TrueItem
    outcome: str
    lines: tuple[TrueLine, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How the line did on the checks of a day."""

    checks: int
    posted: int  # straight through
    could_post: int  # checks that nothing in RULES keeps from posting
    could_post_posted: int
    misreads: tuple[Verdict, ...]  # posted, and to a wrong contract or in a wrong amount
    wrongly_posted: tuple[Verdict, ...]  # posted although they had to be stopped; `item.reasons` is what was missed
    missed_reasons: tuple[Verdict, ...]  # stopped, but not for the reason they should have been
    undecided: tuple[TrueItem, ...]  # no decision came back
    unknown: tuple[tuple[str, str, int], ...]  # decided, but never mailed
    reasons: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)  # reason: expected, of these got, got

    @property
    def straight_through(self) -> float:
        """Share of all checks that posted by themselves."""
        return self.posted / self.checks if self.checks else 0.0


class Row(Protocol):
    """A row by column name."""

    def __getitem__(self, name: str, /) -> Any:
        """The value of a column."""


def score(truth: Truth, posted: Iterable[Row]) -> Score:
    """Compares a day with what was decided and posted.

    `posted` are rows of sql/reports/posted_lines.sql: site_id, batch_no, sequence, outcome, reasons, account_number
    and amount_cents; one row per line of a posted item, one with neither for any other item.
    """
    outcomes, lines, why = _collect(posted)
    checks = [one for one in truth.items if one.kind == "check"]
    verdicts = {
        one.key: Verdict(one, outcomes[one.key], tuple(sorted(lines[one.key], key=_by_account)), why[one.key])
        for one in checks
        if one.key in outcomes
    }
    gone = [one for one in verdicts.values() if one.outcome == "post"]
    stopped = [one for one in verdicts.values() if one.outcome != "post"]
    could = [one for one in checks if not one.must_stop and one.outcome == "post"]
    return Score(
        checks=len(checks),
        posted=len(gone),
        could_post=len(could),
        could_post_posted=sum(one.key in verdicts and verdicts[one.key].outcome == "post" for one in could),
        misreads=tuple(one for one in gone if _totals(one.lines) != _totals(one.item.lines)),
        wrongly_posted=tuple(one for one in gone if one.item.must_stop),
        missed_reasons=tuple(one for one in stopped if one.item.must_stop and not {*one.item.reasons} & {*one.reasons}),
        undecided=tuple(one for one in truth.items if one.key not in outcomes),
        unknown=tuple(sorted(outcomes.keys() - {one.key for one in truth.items})),
        reasons=_reasons(verdicts.values()),
    )


def describe(found: Score) -> list[str]:
    """The score in words for a console, the worst last; every item that went wrong by name."""
    could = found.could_post_posted / found.could_post if found.could_post else 0.0
    lines = [
        f"straight-through: {found.posted} of {found.checks} checks ({found.straight_through:.1%}); "
        f"of the {found.could_post} that may post by themselves {found.could_post_posted} ({could:.1%})",
        f"against the truth: {len(found.misreads)} misread, {len(found.wrongly_posted)} posted that should have been "
        f"stopped, {len(found.missed_reasons)} stopped for another reason than the right one",
    ]
    for what, verdicts in (("misread", found.misreads), ("should have been stopped", found.wrongly_posted)):
        lines += [f"  {what}: {_say(one)}" for one in verdicts]
    if found.undecided:
        lines.append(f"  {len(found.undecided)} documents have no decision")
    return lines + [f"  decided, but never mailed: {'/'.join(map(str, key))}" for key in found.unknown]


def _say(verdict: Verdict) -> str:
    item = verdict.item
    said = ", ".join(f"{last_four(one.account_number)} {dollars(one.amount_cents)}" for one in verdict.lines)
    true = ", ".join(f"{last_four(one.account_number)} {dollars(one.amount_cents)}" for one in item.lines) or "nothing"
    why = f" ({', '.join(item.reasons)})" if item.reasons else ""
    return f"{item.site_id} {item.batch_no} #{item.sequence}, {item.story}{why}: posted {said}, right is {true}"


def _collect(
    posted: Iterable[Row],
) -> tuple[dict[Any, str], dict[Any, list[TrueLine]], dict[Any, tuple[str, ...]]]:
    outcomes: dict[Any, str] = {}
    lines: dict[Any, list[TrueLine]] = {}
    why: dict[Any, tuple[str, ...]] = {}
    for row in posted:
        key = (row["site_id"], row["batch_no"], row["sequence"])
        outcomes[key], why[key] = row["outcome"] or "", tuple(row["reasons"] or ())
        lines.setdefault(key, [])
        if row["account_number"] is not None:
            lines[key].append(TrueLine(row["account_number"], row["amount_cents"]))
    return outcomes, lines, why


def _by_account(line: TrueLine) -> tuple[str, int]:
    return line.account_number, line.amount_cents


def _totals(lines: Iterable[TrueLine]) -> dict[str, int]:
    """What each contract gets: how a payment is cut into lines does not matter."""
    totals: Counter[str] = Counter()
    for line in lines:
        totals[line.account_number] += line.amount_cents
    return dict(totals)


def _reasons(verdicts: Iterable[Verdict]) -> dict[str, tuple[int, int, int]]:
    expected: Counter[str] = Counter()
    both: Counter[str] = Counter()
    got: Counter[str] = Counter()
    for one in verdicts:
        expected.update(one.item.reasons)
        both.update({*one.item.reasons} & {*one.reasons})
        got.update(one.reasons)
    return {name: (expected[name], both[name], got[name]) for name in sorted(expected | got)}


def save_truth(truth: Truth, path: Path) -> None:
    """Writes a day's truth, whole or not at all."""
    plain = {
        "business_date": truth.business_date.isoformat(),
        "seed": truth.seed,
        "items": [asdict(one) for one in truth.items],
    }
    write_whole(path, json.dumps(plain, indent=1).encode())


def load_truth(path: Path) -> Truth:
    """The truth that `save_truth` wrote.

    Raises:
        InputError: not there, or not a truth.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        items = tuple(_item(one) for one in plain["items"])
        return Truth(date.fromisoformat(plain["business_date"]), plain["seed"], items)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"no truth of a mail day: {error}", file=str(path)) from error


def _item(plain: dict[str, Any]) -> TrueItem:
    plain["lines"] = tuple(TrueLine(**line) for line in plain["lines"])
    plain["reasons"], plain["troubles"] = tuple(plain["reasons"]), tuple(plain["troubles"])
    return TrueItem(**plain)
