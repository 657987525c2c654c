"""Alerts to a webhook: signed as Standard Webhooks 1.0 asks, so that a receiver can tell who sent it and drop doubles.

The signature is base64 of HMAC-SHA256 over "id.timestamp.body"; a receiver refuses old timestamps and known ids.
"""

from __future__ import annotations

import base64
import hmac
from datetime import datetime
from urllib.parse import urlsplit

import httpx

from lockbox.customer.channels import DEFERRED, REFUSED, SENT, Outcome
from lockbox.errors import SettingsError
from lockbox.settings import Settings

TIMEOUT = httpx.Timeout(10.0, connect=5.0)
SHORTEST_SECRET = 24  # characters


def webhook_to(settings: Settings, address: str) -> Webhook:
    """The receiver at an address of a route, with its own secret; "" is the one that is a setting.

    Raises:
        SettingsError: no address, or no secret that can be used.
    """
    if not address:
        return Webhook(settings.alert_webhook_url, settings.alert_webhook_secret)
    setting = f"LOCKBOX_ALERT_WEBHOOK_SECRETS, {host_of(address)}"
    return Webhook(address, settings.alert_webhook_secrets.get(address, ""), setting)


def host_of(address: str) -> str:
    """What may be said of an address: its path may be a key."""
    return urlsplit(address).netloc


class Webhook:
    """One receiver. A call without an answer is made again under the same id."""

    def __init__(self, url: str, secret: str, setting: str = "LOCKBOX_ALERT_WEBHOOK_SECRET") -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise SettingsError("LOCKBOX_ALERT_WEBHOOK_URL: not http:// or https:// with a host")
        if len(secret) < SHORTEST_SECRET:
            raise SettingsError(f"{setting}: needs at least {SHORTEST_SECRET} characters")
        self._url, self._secret = url, secret.encode()
        self._client = httpx.Client(timeout=TIMEOUT, trust_env=False)

    def send(self, key: str, body: str, at: datetime) -> Outcome:
        """Hands a message over; never raises for what the other side answers or does. `at` is the signed timestamp."""
        timestamp = str(int(at.timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._secret, key, timestamp, body),
        }
        try:
            answer = self._client.post(self._url, content=body.encode(), headers=headers)
        except httpx.HTTPError as error:
            return Outcome(DEFERRED, f"webhook: {type(error).__name__}", stop=True)
        if answer.is_success:
            return Outcome(SENT, str(answer.status_code))
        # 400 and 422 are about this message; anything else, a missing right too, may be mended on either side
        state = REFUSED if answer.status_code in (400, 422) else DEFERRED
        return Outcome(state, f"webhook: {answer.status_code}", stop=state == DEFERRED)

    def close(self) -> None:
        self._client.close()


def signature(secret: bytes, key: str, timestamp: str, body: str) -> str:
    """The value of the header `webhook-signature`."""
    digest = hmac.digest(secret, f"{key}.{timestamp}.{body}".encode(), "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
