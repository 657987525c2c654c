"""When a customer may be contacted: the hours of the day in the time zones of the customer's state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from lockbox.errors import SettingsError


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours in which a channel may be used, from a dated rule. `until` is not included."""

    since: time
    until: time

    def open_at(self, at: datetime, zones: Sequence[str]) -> bool:
        """Whether it is within the hours in every one of the zones: we know the state, not the city."""
        return all(self.since <= at.astimezone(ZoneInfo(zone)).time() < self.until for zone in zones)


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of each channel and the time zones of each state, as the lender's dated rules say."""

    hours: Mapping[str, Hours]
    zones: Mapping[str, tuple[str, ...]]

    def open_at(self, channel: str, state: str, at: datetime) -> bool:
        """Whether a customer in a state may be contacted through a channel.

        Raises:
            SettingsError: no hours for the channel.
        """
        return self._hours(channel).open_at(at, self._zones(state))

    def _hours(self, channel: str) -> Hours:
        if channel not in self.hours:
            raise SettingsError(f"notice.hours: none for {channel}")
        return self.hours[channel]

    def _zones(self, state: str) -> tuple[str, ...]:
        """The state's zones; for an unknown state, all of the country's, so that nobody is woken up."""
        return self.zones.get(state) or tuple(sorted({zone for zones in self.zones.values() for zone in zones}))


def quiet_hours(hours: Mapping[str, Any], zones: Mapping[str, Any]) -> QuietHours:
    """From the values of the rules `notice.hours` and `notice.time_zones`.

    Raises:
        SettingsError: an hour is no time of day, or a zone unknown.
    """
    try:
        hours_of = {
            channel: Hours(time.fromisoformat(since), time.fromisoformat(until))
            for channel, (since, until) in hours.items()
        }
    except (ValueError, LookupError, TypeError) as error:
        raise SettingsError(f"notice.hours: not a pair of times: {error}") from error
    for zone in {zone for several in zones.values() for zone in several}:
        try:
            ZoneInfo(zone)
        except (ValueError, KeyError, OSError) as error:
            raise SettingsError(f"notice.time_zones: no such zone: {zone}") from error
    return QuietHours(hours_of, {state: tuple(several) for state, several in zones.items()})
