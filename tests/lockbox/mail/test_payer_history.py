"""Payer history: it comes from postings, survives a returned check and drops a wrong posting."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox import db
from lockbox.mail.item_readings import storable
from lockbox.mail.payer_account import END, LEFT, SURE, WHOLE
from lockbox.mail.payer_history import bank_layouts, note_payers
from lockbox.mail.pipeline import items_of, save_reading
from lockbox.mail.posting import post_batch
from lockbox.runtime import Runtime
from lockbox.servicing.correction import RETURNED, reverse_item
from ocr.reading import Candidate, CheckKind, Field, FieldReading
from tests.builders import ledger as make
from tests.builders.contract import loan
from tests.builders.corrections import contract
from tests.builders.payers import KEY, ROUTING, line


def check(runtime: Runtime, no: str, contract_id: int, micr_line: str, kind: CheckKind = CheckKind.PERSONAL) -> int:
    """A check with this MICR line, alone in its batch, read, decided and posted; gives the item."""
    reading = line(micr_line)
    named = FieldReading(Field.CHECK_KIND, (Candidate(str(kind), 0.9, "test"),))
    reading = replace(reading, fields={**reading.fields, Field.CHECK_KIND: named})
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, no)
        item = make.item(connection, batch)
        save_reading(connection, storable(item, reading, KEY), make.WORKED)
        make.decision(connection, item, amount_cents=20_000, lines=[(contract_id, 20_000)])
        post_batch(connection, batch, make.WORKED)
        note_payers(connection, items_of(connection, batch))
        note_payers(connection, items_of(connection, batch))  # once more changes nothing
    return item


def tokens(micr_line: str) -> dict[str, str]:
    return {payer.layout: payer.token for payer in storable(1, line(micr_line), KEY).payers}


def led_to(runtime: Runtime, token: str) -> list[int]:
    with runtime.engine.connect() as connection:
        rows = db.rows(connection, "queries/contract_views", numbers=[], tokens=[token], day=make.DAY)
    assert all(token in row["payers"] for row in rows)
    return [row["contract_id"] for row in rows]


@pytest.fixture
def contract_id(runtime: Runtime) -> int:
    return contract(runtime, 1, loan())


def test_a_posted_check_tells_whose_account_pays_the_contract(runtime: Runtime, contract_id: int) -> None:
    written = f"A{ROUTING}A 55501234C 101"
    assert led_to(runtime, tokens(written)[SURE]) == []
    check(runtime, "B1", contract_id, written)
    assert led_to(runtime, tokens(written)[SURE]) == [contract_id]


def test_the_next_check_of_a_payer_is_known_though_its_serial_stands_left(runtime: Runtime, contract_id: int) -> None:
    first, second = (f"A{ROUTING}A {serial} 987654321C" for serial in (1234, 1235))
    check(runtime, "B1", contract_id, first)
    assert led_to(runtime, tokens(second)[LEFT]) == [contract_id]
    assert led_to(runtime, tokens(second)[WHOLE]) == []


def test_a_second_check_shows_how_its_bank_lays_out_the_line(runtime: Runtime, contract_id: int) -> None:
    check(runtime, "B1", contract_id, f"A{ROUTING}A 1234 987654321C")
    with runtime.engine.connect() as connection:
        assert bank_layouts(connection) == {}
    check(runtime, "B2", contract_id, f"A{ROUTING}A 1235 987654321C")
    with runtime.engine.connect() as connection:
        assert bank_layouts(connection) == {ROUTING: {LEFT: 1}}


def test_a_serial_at_the_end_of_the_account_is_learned_of_its_bank(runtime: Runtime, contract_id: int) -> None:
    check(runtime, "B1", contract_id, f"A{ROUTING}A 987654321 1234C")
    check(runtime, "B2", contract_id, f"A{ROUTING}A 987654321 1235C")
    with runtime.engine.connect() as connection:
        assert bank_layouts(connection) == {ROUTING: {END: 1}}


def test_a_group_that_never_changes_is_part_of_the_account(runtime: Runtime, contract_id: int) -> None:
    check(runtime, "B1", contract_id, f"A{ROUTING}A 1234 987654321C")
    check(runtime, "B2", contract_id, f"A{ROUTING}A 1234 987654321C")
    with runtime.engine.connect() as connection:
        assert bank_layouts(connection) == {ROUTING: {WHOLE: 1}}


@pytest.mark.parametrize(("reason", "stays"), [(RETURNED, True), ("posted to the wrong contract", False)])
def test_history_outlives_a_returned_check_and_forgets_a_wrong_posting(
    runtime: Runtime, contract_id: int, reason: str, stays: bool
) -> None:
    written = f"A{ROUTING}A 55501234C 101"
    item = check(runtime, "B1", contract_id, written)
    with runtime.engine.begin() as connection:
        reverse_item(connection, item, reason, make.DAY, make.WORKED, "test")
    assert led_to(runtime, tokens(written)[SURE]) == ([contract_id] if stays else [])


def test_a_money_order_says_nothing_of_who_pays(runtime: Runtime, contract_id: int) -> None:
    written = f"A{ROUTING}A 40071125C 101"
    check(runtime, "B1", contract_id, written, CheckKind.MONEY_ORDER)
    assert led_to(runtime, tokens(written)[SURE]) == []


def test_what_an_image_cash_letter_carries_is_history_too(runtime: Runtime, contract_id: int) -> None:
    token = tokens(f"A{ROUTING}A 55501234C 101")[SURE]
    with runtime.engine.begin() as connection:
        batch = make.batch(connection, "X1")
        item = make.item(connection, batch, carried={"account_token": token, "routing": ROUTING})
        make.decision(connection, item, amount_cents=20_000, lines=[(contract_id, 20_000)])
        post_batch(connection, batch, make.WORKED)
        note_payers(connection, items_of(connection, batch))
    assert led_to(runtime, token) == [contract_id]
