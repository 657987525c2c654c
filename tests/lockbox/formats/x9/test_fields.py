"""The record layouts: lengths of the standard, and one record spelled out."""

from __future__ import annotations

from lockbox.formats.x9 import fields

OTHER_LENGTHS = {"27": 22, "34": 22, "52": 105, "62": 100}  # 27, 34, and 52 continue with parts of stated length


def test_every_record_has_the_length_of_the_standard() -> None:
    lengths = {code: layout.length for code, layout in fields.LAYOUTS.items()}
    assert lengths == {code: OTHER_LENGTHS.get(code, 80) for code in fields.LAYOUTS}
    assert fields.CREDIT_B.length == 80


def test_every_layout_is_listed_under_its_code() -> None:
    assert all(code == layout.code == layout.fields[0].default for code, layout in fields.LAYOUTS.items())
    assert fields.ADDENDA.keys() == {"26", "27", "28", "32", "33", "34", "35"}
    assert set(fields.LAYOUTS) <= set(fields.KNOWN)


def test_a_check_is_packed_as_the_standard_prints_it() -> None:
    record = fields.CHECK.pack(
        {"routing": "57000001", "check_digit": "8", "on_us": "60000001/101", "amount": 41_250, "sequence": "44000001"}
    )
    assert record[:2] == "25"
    assert record[18:27] == "570000018"
    assert record[27:47].strip() == "60000001/101"
    assert record[47:57] == "0000041250"
