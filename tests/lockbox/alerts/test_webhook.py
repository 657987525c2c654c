"""The webhook: signed, with an id that stays, and patient with what the other side does."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest

from lockbox.alerts.webhook import Webhook, webhook_to
from lockbox.errors import SettingsError
from lockbox.settings import Settings
from tests.builders import ledger as make
from tests.builders.receivers import SECRET, Listener, webhook


def test_a_receiver_can_check_who_sent_it() -> None:
    listener = Listener()
    with webhook(listener) as url:
        assert Webhook(url, SECRET).send("alert-1", '{"a": 1}', make.EVENING).state == "sent"
    ((headers, body),) = listener.calls
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.{body}".encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == str(int(make.EVENING.timestamp()))


@pytest.mark.parametrize(
    ("answer", "state"), [(204, "sent"), (422, "refused"), (401, "deferred"), (503, "deferred"), (0, "deferred")]
)
def test_an_answer_decides_what_becomes_of_it(answer: int, state: str) -> None:
    with webhook(Listener(answer=answer)) as url:
        assert Webhook(url, SECRET).send("alert-1", "{}", make.EVENING).state == state


def test_nobody_there_is_tried_again() -> None:
    with webhook(Listener()) as url:
        pass
    outcome = Webhook(url, SECRET).send("alert-1", "{}", make.EVENING)
    assert (outcome.state, outcome.stop) == ("deferred", True)


@pytest.mark.parametrize(("url", "secret"), [("ftp://host/", SECRET), ("https://", SECRET), ("https://host/", "short")])
def test_a_setting_that_cannot_be_used_is_named_without_its_value(url: str, secret: str) -> None:
    with pytest.raises(SettingsError, match="LOCKBOX_ALERT_WEBHOOK_") as error:
        Webhook(url, secret)
    assert secret not in str(error.value)


def test_a_secret_is_of_one_address_and_neither_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKBOX_ALERT_WEBHOOK_SECRETS", f'{{"https://a.example/key": "{SECRET}"}}')
    settings = Settings()
    webhook_to(settings, "https://a.example/key").close()
    with pytest.raises(SettingsError) as error:
        webhook_to(settings, "https://b.example/key")
    assert str(error.value) == "LOCKBOX_ALERT_WEBHOOK_SECRETS, b.example: needs at least 24 characters"
    assert SECRET not in repr(settings)
