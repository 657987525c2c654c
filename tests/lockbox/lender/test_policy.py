"""A policy as a value: limits by kind of check, and rules by name."""

from __future__ import annotations

import pytest

from lockbox.errors import SettingsError, UsageError
from lockbox.lender.policy import attributes, is_policy_rule, parse_rules


def test_account_numbers_have_a_rule_and_only_check_digits_that_exist() -> None:
    rules = attributes({"account.check_digits": "luhn", "account.within_nats": 3.5})
    assert rules == {"check_digits": "luhn", "within_nats": 3.5}
    with pytest.raises(SettingsError, match="known are damm, luhn"):
        attributes({"account.check_digits": "mod_7"})


def test_a_limit_of_a_kind_of_check_is_kept_by_kind() -> None:
    rules = attributes({"post.max_misread_ppm": 1000, "post.max_misread_ppm.personal": 200})
    assert rules == {"max_misread_ppm": 1000, "misread_ppm_of": {"personal": 200}}
    assert is_policy_rule("post.max_misread_ppm.personal")
    assert not is_policy_rule("bill.days_before")
    with pytest.raises(SettingsError, match=r"post\.max_misread: no such rule"):
        attributes({"post.max_misread": 1})


def test_rules_are_parsed_as_typed() -> None:
    words = ["post.max_misread_ppm=200", "route.flagged=review", " amount.accept_partial = false"]
    assert parse_rules(words) == {
        "post.max_misread_ppm": 200,
        "route.flagged": "review",
        "amount.accept_partial": False,
    }
    with pytest.raises(UsageError, match="not RULE=VALUE"):
        parse_rules(["post.max_misread_ppm"])
