"""Whether the totals that a cash letter states are those of what it holds, with its credits counted or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lockbox.formats.x9.types import X9Profile, X9Totals
from lockbox.money import dollars


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted in a bundle, a cash letter or the file, credits apart."""

    items: int = 0
    amount_cents: int = 0
    images: int = 0
    credits: int = 0
    credit_cents: int = 0
    credit_images: int = 0

    def __add__(self, addend: Tally) -> Tally:
        return Tally(
            self.items + addend.items,
            self.amount_cents + addend.amount_cents,
            self.images + addend.images,
            self.credits + addend.credits,
            self.credit_cents + addend.credit_cents,
            self.credit_images + addend.credit_images,
        )


Sheet = tuple[X9Totals, Tally]  # of one control record: what it states, and what was counted


@dataclass(frozen=True, slots=True)
class Convention:
    """Which totals include the credits. A bank has one convention: in all controls of a file it is the same."""

    items: bool = False
    amount: bool = False
    images: bool = False


def convention_of(sheets: Sequence[Sheet], profile: X9Profile) -> Convention:
    """The convention under which the most controls hold; credits are left out where that tells nothing."""
    return Convention(
        *(
            fixed if fixed is not None else _misses(sheets, name, True) < _misses(sheets, name, False)
            for name, fixed in (
                ("items", profile.credits_counted),
                ("amount", profile.credit_amounts_counted),
                ("images", profile.credit_images_counted),
            )
        )
    )


def credits_counted(sheets: Sequence[Sheet], convention: Convention) -> bool | None:
    """Whether credits count as items; None if there are none or no total tells."""
    telling = [(stated, tally) for stated, tally in sheets if tally.credits and stated.items is not None]
    holds = any(stated.items == _numbers(stated, tally, "items", convention.items)[1] for stated, tally in telling)
    return convention.items if holds else None


def wrong_totals(sheet: Sheet, convention: Convention, profile: X9Profile) -> Iterator[tuple[str, str]]:
    """Field and reason of every total of a control that differs from the count."""
    stated, tally = sheet
    for name, fixed in (
        ("items", profile.credits_counted),
        ("amount", profile.credit_amounts_counted),
        ("images", profile.credit_images_counted),
    ):
        is_counted = getattr(convention, name)
        value, counted = _numbers(stated, tally, name, is_counted)
        other = _numbers(stated, tally, name, not is_counted)[1]
        if value is not None and value != counted:
            shown = dollars if name == "amount" else str
            without = "without" if is_counted else "with"
            either = f", or {shown(other)} {without} credits" if other != counted and fixed is None else ""
            yield name, f"says {shown(value)}, counted {shown(counted)}{either}"


def of_checks(stated: X9Totals, tally: Tally, records: int, convention: Convention) -> X9Totals:
    """What the file states of its checks alone: without its credits, where they are counted in.

    The counts tell whether they are only if no record and no cent is missing.
    """
    if stated.records != records or stated.amount_cents != _numbers(stated, tally, "amount", convention.amount)[1]:
        return stated

    def without(name: str) -> int | None:
        value, counted = _numbers(stated, tally, name, getattr(convention, name))
        return _numbers(stated, tally, name, False)[1] if value == counted else value

    return replace(stated, items=without("items"), amount_cents=without("amount"), images=without("images"))


def _misses(sheets: Sequence[Sheet], name: str, is_counted: bool) -> int:
    """How many controls do not hold."""
    numbers = [_numbers(stated, tally, name, is_counted) for stated, tally in sheets]
    return sum(value is not None and value != counted for value, counted in numbers)


def _numbers(stated: X9Totals, tally: Tally, name: str, is_counted: bool) -> tuple[int | None, int]:
    """A total as stated, and as counted with or without the credits."""
    value, plain, extra = {
        "items": (stated.items, tally.items, tally.credits),
        "amount": (stated.amount_cents, tally.amount_cents, tally.credit_cents),
        "images": (stated.images, tally.images, tally.credit_images),
    }[name]
    return value, plain + (extra if is_counted else 0)
