"""Scopes: each text names one kind of work, and any other text is refused."""

from __future__ import annotations

from datetime import date

import pytest

from lockbox.errors import InputError, UsageError
from lockbox.scopes import AuditScope, BatchScope, LenderDayScope, NightScope, SiteDayScope

DAY = date(2026, 11, 16)


def test_each_scope_has_its_text() -> None:
    assert str(BatchScope("dallas", DAY, "D001")) == "dallas/2026-11-16/D001"
    assert str(BatchScope("dallas", DAY, "D001").site_day) == "dallas/2026-11-16"
    assert str(LenderDayScope("meridian", DAY)) == "meridian/2026-11-16"
    assert str(NightScope(DAY)) == "night/2026-11-16"
    assert str(AuditScope(2026, 7, "1")) == "audit/2026-W07/1"


def test_a_parsed_scope_has_the_same_text() -> None:
    for parse, text in (
        (BatchScope.parse, "dallas/2026-11-16/D001"),
        (SiteDayScope.parse, "dallas/2026-11-16"),
        (AuditScope.parse, "audit/2026-W07/checks"),
        (AuditScope.parse, "audit/2026-W47/10001"),
    ):
        assert str(parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "dallas", "dallas/2026-11-16", "dallas/2026-13-01/D001", "/2026-11-16/D001", "a/2026-11-16/b/c"]
)
def test_text_that_is_not_a_batch_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not site/YYYY-MM-DD/batch"):
        BatchScope.parse(text)


@pytest.mark.parametrize("text", ["", "dallas", "dallas/2026-13-01", "/2026-11-16", "dallas/2026-11-16/D001"])
def test_text_that_is_not_a_site_day_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is not a site day"):
        SiteDayScope.parse(text)


@pytest.mark.parametrize("text", ["audit/2026-W47/all", "audit/2026-47/1", "night/2026-W47/1", "audit/2026-W47"])
def test_text_that_is_not_a_part_of_an_audit_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="not a part of an audit"):
        AuditScope.parse(text)
