"""Readings as they are stored: the payer's bank account is masked, and the order is that of the items."""

from __future__ import annotations

from pathlib import Path

from lockbox.images import ImageStore
from lockbox.mail.item_readings import mask_bank_account, read_items, storable
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading, from_json
from tests.builders.deliveries import scan
from tests.builders.payers import KEY, ROUTING, line

MICR_LINE = f"A{ROUTING}A 987654321C 1234"


def test_only_the_last_four_digits_of_a_bank_account_are_stored() -> None:
    stored = storable(7, line(MICR_LINE), KEY)
    assert (stored.item_id, stored.kind, stored.readers) == (7, "check", "test")
    assert "987654321" not in stored.reading_json
    account = from_json(stored.reading_json).best(Field.BANK_ACCOUNT)
    assert account is not None
    assert account.value == "•••••4321"
    assert stored.account_token == stored.payers[0].token


def test_the_mask_leaves_all_other_fields_alone() -> None:
    fields = {
        name: FieldReading(name, (Candidate("A12-3456", 0.9, "test"),))
        for name in (Field.BANK_ACCOUNT, Field.ROUTING, Field.ACCOUNT_NUMBER)
    }
    masked = mask_bank_account(Reading(DocumentKind.CHECK, 0.9, fields))
    assert [masked.fields[name].candidates[0].value for name in fields] == ["A••-3456", "A12-3456", "A12-3456"]


def test_items_are_read_in_order(tmp_path: Path) -> None:
    images = ImageStore(tmp_path.as_uri())
    items = [{"item_id": number, "front_sha256": images.put(scan(number)), "back_sha256": None} for number in (5, 3, 4)]
    assert [reading.item_id for reading in read_items(images, KEY, items)] == [5, 3, 4]
