"""What a contract's allocation order says to its customer: the published text, made from what payments follow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from lockbox.contract.terms import AllocationOrder, Bucket, Cell, Excess, Timing
from lockbox.customer.statement import Letterhead

PLACE = "{allocation}"  # in the lender's information: here stands the contract's own order

_PAST, _DUE, _AHEAD = Timing.PAST_DUE, Timing.DUE, Timing.ADVANCE
_FEES = frozenset({(_PAST, Bucket.FEE), (_DUE, Bucket.FEE)})
_PRINCIPAL_DUE = frozenset({(_PAST, Bucket.PRINCIPAL), (_DUE, Bucket.PRINCIPAL)})
_AHEAD_CELL = (_AHEAD, Bucket.PRINCIPAL)
_NEXT = frozenset({_AHEAD_CELL})
_STEPS: Mapping[frozenset[Cell], str] = {
    frozenset({(_PAST, Bucket.INTEREST), (_DUE, Bucket.INTEREST)}): "accrued interest",
    frozenset({(_PAST, Bucket.PRINCIPAL)}): "the oldest past-due installment",
    frozenset({(_PAST, Bucket.PRINCIPAL), (_PAST, Bucket.INTEREST)}): "the oldest past-due installment",
    frozenset({(_DUE, Bucket.PRINCIPAL)}): "the current installment",
    frozenset({(_DUE, Bucket.PRINCIPAL), (_DUE, Bucket.INTEREST)}): "the current installment",
    _PRINCIPAL_DUE: "installments due, the oldest first",
    _PRINCIPAL_DUE | _NEXT: "installments, the oldest first",
    _PRINCIPAL_DUE | _FEES: "installments due and fees, the oldest first",
    _PRINCIPAL_DUE | _FEES | _NEXT: "installments and fees, the oldest first",
    frozenset({(_PAST, Bucket.RENT), (_PAST, Bucket.TAX)}): "the oldest past-due lease payment and tax",
    frozenset({(_DUE, Bucket.RENT), (_DUE, Bucket.TAX)}): "the current lease payment and tax",
    _FEES: "fees",
}
_TIMES = {_PAST: "past-due {}", _DUE: "{} now due", _AHEAD: "{} not yet due"}


def with_order(sender: Letterhead, order: AllocationOrder, excess: Excess) -> Letterhead:
    """The letterhead with a contract's own order in its information, and on its coupons what that lets be asked."""
    information = tuple(
        replace(section, text=section.text.replace(PLACE, order_words(order, excess))) for section in sender.information
    )
    most_ahead = 0 if excess is Excess.PRINCIPAL else order.most_ahead
    offers = order.principal_only and most_ahead != 0 and _AHEAD_CELL in order.ranks
    return replace(sender, information=information, offers_principal_only=offers)


def order_words(order: AllocationOrder, excess: Excess) -> str:
    """The order in sentences, for a contract whose own rule for money beyond what is due is `excess`."""
    most_ahead = 0 if excess is Excess.PRINCIPAL else order.most_ahead
    sentences = [f"We apply each payment {_in_turn(order.ranks, most_ahead)}."]
    if order.current_ranks:
        in_turn = _in_turn(order.current_ranks, most_ahead, keeps_last=True)
        sentences.append(f"When no installment is due, we apply it {in_turn}.")
    return " ".join([*sentences, *_beyond(order, most_ahead)])


def _in_turn(ranks: Mapping[Cell, int], most_ahead: int | None, keeps_last: bool = False) -> str:
    """ "first to accrued interest, then to fees"; a last step in advance is left to a sentence of its own."""
    steps: defaultdict[int, set[Cell]] = defaultdict(set)
    for cell, rank in ranks.items():
        steps[rank].add(cell)
    named = [frozenset(steps[rank]) for rank in sorted(steps)]
    if not keeps_last and _is_ahead(named[-1]):
        named.pop()
    phrases = [f"{'then' if at else 'first'} to {_step_words(step, most_ahead)}" for at, step in enumerate(named)]
    *before, last = phrases
    return f"{', '.join(before)}, and {last}" if len(before) > 1 else ", ".join(phrases)


def _step_words(step: frozenset[Cell], most_ahead: int | None) -> str:
    if _is_ahead(step):
        return "principal" if most_ahead == 0 else "your next installments"
    if step == {(_AHEAD, Bucket.INTEREST)}:
        return "accrued interest"
    return _STEPS.get(step) or _STEPS.get(step - {(_AHEAD, Bucket.INTEREST)}) or _cell_words(step)


def _is_ahead(step: frozenset[Cell]) -> bool:
    return _AHEAD_CELL in step and all(timing is _AHEAD for timing, _ in step)


def _cell_words(step: Iterable[Cell]) -> str:
    """The cells one by one, for a step that has no name."""
    names = [
        _TIMES[timing].format(bucket) for timing in Timing for bucket in Bucket if (timing, bucket) in frozenset(step)
    ]
    return " and ".join(names) + (", the oldest first" if len(names) > 1 else "")


def _beyond(order: AllocationOrder, most_ahead: int | None) -> list[str]:
    """What becomes of money beyond what is due, and whether the customer has a say in it."""
    if _AHEAD_CELL not in order.ranks:
        return ["We hold any amount left over for your next payments."]
    is_last = order.ranks[_AHEAD_CELL] == max(order.ranks.values())
    amount = "Any amount left over" if is_last else "Any amount beyond the current installment"
    if most_ahead == 0:
        return [f"{amount} reduces your principal only."]
    if most_ahead is None:
        goes = f"{amount} counts toward your next installments"
    else:
        goes = f"{amount} counts toward your next {most_ahead} installments, and what is beyond them reduces principal"
    if order.principal_only:
        return [f"{goes}, unless you instruct us to apply it to principal only. {_NEVER_WHILE_DUE}"]
    return [f"{goes}. We do not accept instructions to apply a payment to principal only."]


_NEVER_WHILE_DUE = (
    "We follow that instruction, on your check, your coupon, or in a letter, for what is left once all that is past "
    "due and the current installment are paid."
)
