"""Whether the totals that a cash letter states are those of what it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from lockbox.formats.x9.types import X9Profile, X9Totals

Report = Callable[[int, str, str], None]  # record, field, reason


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


def check_totals(stated: X9Totals, tally: Tally, profile: X9Profile, report: Report) -> bool | None:
    """Report every stated total that differs from the count.

    Returns whether credits count as items here; None if there are none or the totals do not tell.
    """
    with_credits = _check(stated, "items", stated.items, tally.items, tally.credits, profile.credits_counted, report)
    _check(
        stated,
        "amount",
        stated.amount_cents,
        tally.amount_cents,
        tally.credit_cents,
        profile.credit_amounts_counted,
        report,
    )
    _check(stated, "images", stated.images, tally.images, tally.credit_images, profile.credit_images_counted, report)
    return with_credits


def of_checks(stated: X9Totals, tally: Tally, records: int) -> X9Totals:
    """What the file states of its checks alone: without its credits, where they are counted in.

    Whether they are is told by the counts; they tell it only if no record and no cent is missing.
    """
    is_whole = stated.records == records and stated.amount_cents in (
        tally.amount_cents,
        tally.amount_cents + tally.credit_cents,
    )

    def without(value: int | None, plain: int, extra: int) -> int | None:
        return plain if is_whole and value == plain + extra else value

    return replace(
        stated,
        items=without(stated.items, tally.items, tally.credits),
        amount_cents=without(stated.amount_cents, tally.amount_cents, tally.credit_cents),
        images=without(stated.images, tally.images, tally.credit_images),
    )


def check_count(stated: X9Totals, field: str, stated_count: int | None, counted: int, report: Report) -> None:
    """Report a stated count that differs from the count."""
    if stated_count is not None and stated_count != counted:
        report(stated.record, field, f"says {stated_count}, counted {counted}")


def _check(
    stated: X9Totals, field: str, value: int | None, plain: int, extra: int, counted: bool | None, report: Report
) -> bool | None:
    """Compare with and without the credits' share `extra`, where the profile leaves that open."""
    if value is None:
        return None
    if value == plain and not (counted and extra):
        return False if extra else None
    if extra and value == plain + extra and counted is not False:
        return True
    expected = plain + extra if counted else plain
    either = f", or {plain + extra} with credits" if extra and counted is None else ""
    report(stated.record, field, f"says {value}, counted {expected}{either}")
    return None
