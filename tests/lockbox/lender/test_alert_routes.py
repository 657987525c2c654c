"""The routes of alerts: what a profile may say of them, and for whom an alert is."""

from __future__ import annotations

from typing import Any

import pytest

from lockbox.errors import InputError
from lockbox.lender.alert_routes import routes_of

SITES = frozenset({"dallas", "richardson"})


def test_a_route_takes_its_topics_and_sites_and_what_belongs_to_no_site() -> None:
    (route,) = routes_of(
        [{"name": "north", "email": ["a@b.example"], "webhook": True, "topics": ["late"], "sites": ["dallas"]}]
    )
    assert route.addresses == [("email", "a@b.example"), ("webhook", "")]
    assert route.wants("late", "dallas/2026-11-16", SITES)
    assert route.wants("late", "night/2026-11-16", SITES)
    assert not route.wants("late", "richardson/2026-11-16", SITES)
    assert not route.wants("failed", "dallas/2026-11-16", SITES)


@pytest.mark.parametrize(
    ("webhook", "addresses"),
    [
        (False, []),
        (True, [("webhook", "")]),
        ("https://a.example/x", [("webhook", "https://a.example/x")]),
        (
            ["https://a.example:8443", "http://b.example"],
            [("webhook", "https://a.example:8443"), ("webhook", "http://b.example")],
        ),
    ],
)
def test_a_route_has_webhooks_of_its_own(webhook: object, addresses: list[tuple[str, str]]) -> None:
    (route,) = routes_of([{"name": "north", "webhook": webhook}])
    assert route.addresses == addresses


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"email": ["a@b.example"]}, "field name: missing"),
        ({"name": "x", "mail": ["a@b.example"]}, "alert.routes x, field mail: no such word"),
        ({"name": "x", "email": ["nobody"]}, "field email: not a list of email addresses"),
        ({"name": "x", "webhook": "ftp://a.example"}, "field webhook: true, or web addresses"),
        ({"name": "x", "webhook": ["https://ann:secret@a.example"]}, "field webhook: true, or web addresses"),
        ({"name": "x", "webhook": ["https://a.example/a b"]}, "field webhook: true, or web addresses"),
        ({"name": "x", "webhook": ["https://a.example:port/"]}, "field webhook: true, or web addresses"),
        ({"name": "x", "webhook": 7}, "field webhook: true, or web addresses"),
        ({"name": "x", "topics": ["news"]}, "field topics: topics are failed, late, people, customers"),
    ],
)
def test_a_route_that_cannot_be_used_is_refused_by_name(row: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError) as error:
        routes_of([row], "lender.toml")
    assert says in str(error.value)
    assert "lender.toml" in str(error.value)
