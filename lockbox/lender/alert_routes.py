"""The routes of alerts: which people are told of which topics and sites, and where."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lockbox.errors import InputError

TOPICS = ("failed", "late", "people", "customers")


@dataclass(frozen=True, slots=True)
class Route:
    """People who are told the same things, and where."""

    name: str
    email: tuple[str, ...]
    webhooks: tuple[str, ...]  # "" is the address that is a setting
    topics: frozenset[str]
    sites: frozenset[str]  # empty: all, and what belongs to no site

    @property
    def addresses(self) -> list[tuple[str, str]]:
        """(channel, address) of each message."""
        return [("email", address) for address in self.email] + [("webhook", address) for address in self.webhooks]

    def wants(self, topic: str, scope: str, known_sites: frozenset[str]) -> bool:
        """Whether an alert is for this route; what is about no site is for all."""
        site = scope.partition("/")[0]
        return topic in self.topics and (not self.sites or site in self.sites or site not in known_sites)


def routes_of(value: Sequence[Mapping[str, Any]], file: str = "profile") -> tuple[Route, ...]:
    """The routes of the rule `alert.routes`.

    Raises:
        InputError: a route without a name, with an unknown topic or word, or with an address that is none.
    """
    return tuple(_route(row, file) for row in value)


def _route(row: Mapping[str, Any], file: str) -> Route:
    def refuse(reason: str, field: str) -> InputError:
        return InputError(reason, file, f"alert.routes {row.get('name', '')}".strip(), field)

    unknown = sorted(set(row) - {"name", "email", "webhook", "topics", "sites"})
    if unknown or not row.get("name"):
        raise refuse("no such word" if unknown else "missing", unknown[0] if unknown else "name")
    addresses, topics = list(row.get("email", ())), frozenset(row.get("topics", TOPICS))
    if not topics <= set(TOPICS):
        raise refuse(f"topics are {', '.join(TOPICS)}", "topics")
    if not all(re.fullmatch(r"[^@\s]+@[^@\s]+", str(address)) for address in addresses):
        raise refuse("not a list of email addresses", "email")
    webhooks = _webhooks(row.get("webhook", False))
    if not all(address == "" or is_web_address(address) for address in webhooks):
        raise refuse("true, or web addresses (https://host/path) without a user or password", "webhook")
    return Route(str(row["name"]), tuple(addresses), webhooks, topics, frozenset(row.get("sites", ())))


def _webhooks(value: Any) -> tuple[str, ...]:
    """`true` is the address that is a setting; else an address, or a list of them."""
    if isinstance(value, bool):
        return ("",) if value else ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def is_web_address(text: str) -> bool:
    """Whether alerts can be posted there. A user or password is a secret, which a profile must not hold."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
    return known and parts.username is None and not any(sign.isspace() for sign in text)
