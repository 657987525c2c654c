"""Notices: what they say by kind and channel, and never a whole account number."""

from __future__ import annotations

from typing import Any

import pytest

from lockbox.customer.notice import Channel, Kind, Notice, message

FACTS: dict[Kind, dict[str, Any]] = {
    Kind.DUE_SOON: {"amount_cents": 41250, "due_on": "2026-12-07"},
    Kind.PAYMENT_POSTED: {"amount_cents": 41250, "credited_on": "2026-11-16", "unapplied_cents": 0},
    Kind.PAYMENT_RETURNED: {"amount_cents": 41250, "fee_cents": 3000, "returned_on": "2026-11-16"},
    Kind.LATE: {"amount_cents": 41250, "due_on": "2026-11-07"},
    Kind.STATEMENT_READY: {"amount_cents": 41250, "due_on": "2026-12-07"},
    Kind.LEASE_ENDS: {"ends_on": "2027-02-14", "days": 90, "buyout_cents": 1234567},
    Kind.QUOTE_EXPIRED: {"amount_cents": 901233, "good_through": "2026-11-26"},
    Kind.PAID_OFF: {
        "product": "loan",
        "amount_cents": 901233,
        "paid_on": "2026-11-20",
        "refund_cents": 740,
        "release_on": "2026-11-30",
    },
    Kind.REFUND_ISSUED: {"amount_cents": 5000, "method": "check", "issued_on": "2026-11-27"},
}


def notice(kind: Kind, **more: Any) -> Notice:
    return Notice(kind, 7, "2026-12-07", "1234567869", FACTS[kind] | more)


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_words_for_both_channels(kind: Kind) -> None:
    mail = message(notice(kind), Channel.EMAIL, "a@example.com", "Meridian Motor Credit", "1-800-555-0142")
    text = message(notice(kind), Channel.TEXT, "+12145550100", "Meridian Motor Credit", "1-800-555-0142")
    for sent in (mail, text):
        assert "7869" in sent.text
        assert "1234567869" not in sent.subject + sent.text
        assert "{" not in sent.text
    assert len(text.text) <= 160  # one text message
    assert "account ending in 7869" in mail.subject
    assert mail.key == text.key


def test_the_key_follows_kind_contract_and_occasion_alone() -> None:
    late = notice(Kind.LATE)
    assert late.key == notice(Kind.LATE, amount_cents=1).key
    another_contract, another_occasion = (
        Notice(Kind.LATE, 8, "2026-12-07", "1", {}),
        Notice(Kind.LATE, 7, "2027-01-07", "1", {}),
    )
    assert len({late.key, notice(Kind.DUE_SOON).key, another_contract.key, another_occasion.key}) == 4


def test_what_does_not_apply_is_not_said() -> None:
    def text_of(sent: Notice) -> str:
        return message(sent, Channel.EMAIL, "a@example.com", "M", "1").text

    assert "fee of $30.00" in text_of(notice(Kind.PAYMENT_RETURNED))
    assert "fee" not in text_of(notice(Kind.PAYMENT_RETURNED, fee_cents=0))
    assert "applied" not in text_of(notice(Kind.PAYMENT_POSTED))
    assert "$5.00 of it has not been applied yet" in text_of(notice(Kind.PAYMENT_POSTED, unapplied_cents=500))
    paid = text_of(notice(Kind.PAID_OFF))
    assert all(word in paid for word in ("$9,012.33", "paid off", "$7.40 more", "lien no later than November 30, 2026"))
    bought = text_of(notice(Kind.PAID_OFF, product="lease", refund_cents=0))
    assert "title" in bought
    assert "more than" not in bought
    options = text_of(notice(Kind.LEASE_ENDS))
    assert all(
        word in options
        for word in ("in 90 days", "Buy the vehicle: $12,345.67", "Return the vehicle", "month to month")
    )
