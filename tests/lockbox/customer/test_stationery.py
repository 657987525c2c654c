"""What papers carry on a day: each dated row from its day on, and not before."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.customer.stationery import address, mailer_on, payoff_mail_on, sender_on
from lockbox.errors import SettingsError
from lockbox.runtime import Runtime
from tests.builders import ledger as make

MOVED = date(2027, 1, 1)


def change(connection: sa.Connection, rule: str, value: Any) -> None:
    """A new row of a rule from MOVED on."""
    connection.execute(
        sa.text("""
            insert into policy (lender_id, rule, valid_from, value)
            values ('meridian', :rule, :day, cast(:value as jsonb))"""),
        {"rule": rule, "day": MOVED, "value": json.dumps(value)},
    )


def test_a_new_name_and_address_stand_on_papers_from_their_day_on(runtime: Runtime) -> None:
    street = "9 Elm St, Richardson, TX 75081"
    with runtime.engine.begin() as connection:
        make.lender(connection)
        change(connection, "lender.name", "Zenith Auto Finance")
        change(connection, "site.richardson", {"address": street, "boxes": ["660891"], "overnight": True})
        before = sender_on(connection, "meridian", "lease", MOVED - timedelta(1))
        after = sender_on(connection, "meridian", "lease", MOVED)
    assert (before.name, after.name) == ("Meridian Motor Credit", "Zenith Auto Finance")
    assert before.overnight.address_lines[0] == "1501 North Plano Rd"
    assert after.overnight.address_lines == ("9 Elm St", "Richardson, TX 75081")
    assert after.mail == before.mail


def test_a_product_has_its_own_box_and_its_own_information(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        loan, lease = (sender_on(connection, "meridian", product, make.DAY) for product in ("loan", "lease"))
        payoff, _ = payoff_mail_on(connection, "meridian", "lease", make.DAY)
    assert loan.mail.address_lines[0] == "P.O. Box 650805"
    assert lease.mail.address_lines[0] == "P.O. Box 660891"
    assert payoff.payee == "Meridian Lease Trust"
    assert loan.information[0].heading == lease.information[0].heading
    assert loan.information[0] != lease.information[0]


def test_a_day_before_all_rules_and_a_product_without_mail_are_named(runtime: Runtime) -> None:
    with runtime.engine.begin() as connection:
        make.lender(connection)
        with pytest.raises(SettingsError, match=r"no value on 2019-12-31 for mail.barcode"):
            mailer_on(connection, "meridian", date(2019, 12, 31))
        with pytest.raises(SettingsError, match="for boat"):
            sender_on(connection, "meridian", "boat", make.DAY)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("P.O. Box 1, Dallas, TX 75265", ("P.O. Box 1", "Dallas, TX 75265")),
        (
            "1501 North Plano Rd, Dock 2, Richardson, TX 75081",
            ("1501 North Plano Rd", "Dock 2", "Richardson, TX 75081"),
        ),
        ("Dallas, TX 75265", ("Dallas", "TX 75265")),
    ],
)
def test_an_address_ends_in_city_state_and_zip(text: str, lines: tuple[str, ...]) -> None:
    assert address(text) == lines
