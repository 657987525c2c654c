"""The versions of a contract's terms one after the other: each decides what is not yet due on its first day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from lockbox.contract import schedule
from lockbox.contract.terms import Run, Terms


def in_sequence(versions: Sequence[Terms]) -> tuple[Terms, ...]:
    """The versions in the order in which they come into force, each with the schedule that it really has.

    Installments due before a version's first day stay as the version before has them; from the first one that is not
    due by then, billed or not, dates and amounts are the new version's. Of two versions of one day the higher number
    is in force, and the other one never was. `decide_from` in sql/functions/077_terms.sql agrees.
    """
    by_day = {version.valid_from: version for version in sorted(versions, key=lambda version: version.version)}
    ordered = [by_day[day] for day in sorted(by_day)]
    for place, version in enumerate(ordered[1:], 1):
        runs = continued(ordered[place - 1].schedule, version.schedule, version.valid_from)
        if runs is not version.schedule:
            ordered[place] = replace(version, schedule=runs)
    return tuple(ordered)


def continued(old: tuple[Run, ...], new: tuple[Run, ...], day: date) -> tuple[Run, ...]:
    """A schedule that is the old one for what is due before a day, and the new one after that."""
    first = schedule.first_due(old, day)
    kept = part(old, 1, first - 1)
    if kept == part(new, 1, first - 1):
        return new
    return (*kept, *part(new, first, schedule.last_no(new)))


def part(runs: Sequence[Run], first_no: int, last_no: int) -> tuple[Run, ...]:
    """The installments of a schedule from one number through another, as runs."""
    parts = []
    for run in runs:
        start, end = max(run.first_no, first_no), min(run.first_no + run.count - 1, last_no)
        if (start, end) == (run.first_no, run.first_no + run.count - 1):
            parts.append(run)
        elif start <= end:
            first_due_on = schedule.due_on(run.first_due_on, run.due_day, start - run.first_no)
            parts.append(replace(run, first_no=start, first_due_on=first_due_on, count=end - start + 1))
    return tuple(parts)
