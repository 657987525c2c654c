"""Scopes, the units that a stage runs on: batch, site day, night, part of an audit. Text is parsed once, on entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from lockbox.errors import InputError, UsageError


@dataclass(frozen=True, slots=True, order=True)
class SiteDayScope:
    """A business date of one site: "dallas/2026-11-16"."""

    site_id: str
    business_date: date

    def __str__(self) -> str:
        return f"{self.site_id}/{self.business_date}"

    @classmethod
    def parse(cls, text: str) -> SiteDayScope:
        """Parses a site day.

        Raises:
            UsageError: not a site day.
        """
        match text.split("/"):
            case [site_id, day] if site_id and (business_date := _day(day)):
                return cls(site_id, business_date)
        raise UsageError(f"{text!r} is not a site day, such as dallas/2026-11-16")


@dataclass(frozen=True, slots=True, order=True)
class BatchScope:
    """A batch of one site day: "dallas/2026-11-16/D001"."""

    site_id: str
    business_date: date
    batch_no: str

    def __str__(self) -> str:
        return f"{self.site_id}/{self.business_date}/{self.batch_no}"

    @property
    def site_day(self) -> SiteDayScope:
        """The site day that the batch belongs to."""
        return SiteDayScope(self.site_id, self.business_date)

    @classmethod
    def parse(cls, text: str) -> BatchScope:
        """Parses a batch.

        Raises:
            InputError: not a batch.
        """
        match text.split("/"):
            case [site_id, day, batch_no] if site_id and batch_no and (business_date := _day(day)):
                return cls(site_id, business_date, batch_no)
        raise InputError(f"{text!r} is not site/YYYY-MM-DD/batch")


@dataclass(frozen=True, slots=True, order=True)
class LenderDayScope:
    """What a lender's customers receive after the night of a date: "meridian/2026-11-16"."""

    lender_id: str
    business_date: date

    def __str__(self) -> str:
        return f"{self.lender_id}/{self.business_date}"


@dataclass(frozen=True, slots=True, order=True)
class NightScope:
    """The night of a business date: "night/2026-11-16"."""

    business_date: date

    def __str__(self) -> str:
        return f"night/{self.business_date}"


@dataclass(frozen=True, slots=True, order=True)
class AuditScope:
    """A part of a week's audit: "audit/2026-W47/checks", or of contracts "audit/2026-W47/1"."""

    year: int
    week: int
    part: str  # CHECKS, or the first contract id of the part

    CHECKS = "checks"

    def __str__(self) -> str:
        return f"audit/{self.year}-W{self.week:02}/{self.part}"

    @classmethod
    def parse(cls, text: str) -> AuditScope:
        """Parses a part of an audit.

        Raises:
            InputError: not a part of an audit.
        """
        match text.split("/"):
            case ["audit", week, part] if part == cls.CHECKS or part.isdigit():
                year, _, number = week.partition("-W")
                if year.isdigit() and number.isdigit():
                    return cls(int(year), int(number), part)
        raise InputError("not a part of an audit", record=text)


Scope = BatchScope | SiteDayScope | LenderDayScope | NightScope | AuditScope


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
