"""Names of the work that stages are fenced for, and their parts."""

from __future__ import annotations

from datetime import date

from lockbox.errors import InputError


def parts_of(scope: str) -> tuple[str, date, str]:
    """Site, business date and batch number of a scope.

    Raises:
        InputError: not a scope.
    """
    try:
        site, day, batch_no = scope.split("/")
        return site, date.fromisoformat(day), batch_no
    except ValueError as error:
        raise InputError(f"{scope!r} is not site/YYYY-MM-DD/batch") from error
