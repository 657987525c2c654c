"""What was undone of a contract's events: charge-offs that were taken back, with the recoveries on them."""

from __future__ import annotations

from collections.abc import Sequence

from lockbox.contract.event import Event, Recovery, WriteOff, WriteOffUndone


def undone_ids(in_order: Sequence[Event]) -> set[str]:
    """The events that are as if they had never been: undone charge-offs, recoveries in between, the undoing.

    Raises:
        ValueError: one undoes what is no charge-off, comes before it, or was undone already.
    """
    gone: set[str] = set()
    for place, event in enumerate(in_order):
        if not isinstance(event, WriteOffUndone):
            continue
        begun = _charge_off(in_order[:place], event)
        if event.undone in gone:
            raise ValueError(f"event {event.event_id}: {event.undone} was undone already")
        gone |= {event.event_id, event.undone}
        gone |= {between.event_id for between in in_order[begun:place] if isinstance(between, Recovery)}
    return gone


def _charge_off(before: Sequence[Event], undone: WriteOffUndone) -> int:
    """The place of the charge-off that is undone."""
    for place, event in enumerate(before):
        if event.event_id == undone.undone and isinstance(event, WriteOff) and event.kind == "charge_off":
            return place
    raise ValueError(f"event {undone.event_id}: {undone.undone} is no charge-off before it")
