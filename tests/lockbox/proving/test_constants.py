"""Constants beside what a few readings show."""

from __future__ import annotations

from lockbox.proving.constants import HEADS, measured
from lockbox.proving.drawn_mail import JudgedItem, TimedReading
from lockbox.proving.judging import judge
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading
from tests.builders.drawn import DOCUMENT


def item(figures: str, words: str, payer: str = "Jordan Miller") -> JudgedItem:
    """A check of 412.50 in figures and 500.00 in words, read as said, each value as sure as 0.995."""
    values = {Field.COURTESY_AMOUNT: figures, Field.LEGAL_AMOUNT: words, Field.PAYER: payer}
    fields = {name: FieldReading(name, (Candidate(value, 0.995, "x"),)) for name, value in values.items()}
    reading = Reading(DocumentKind.CHECK, 0.9, fields, readers="r")
    judged = tuple(judge(DOCUMENT, reading))
    return JudgedItem(DOCUMENT, judged, judged, TimedReading(reading, 1.0, 1, 0))


def test_every_row_counts_what_it_names() -> None:
    items = [item("41250", "50000"), item("41260", "50000"), item("41250", "41250"), item("41250", "50000", "Xq Zw")]
    rows = {row[0]: row for row in measured(items)}
    assert all(len(row) == len(HEADS) for row in rows.values())
    assert rows["amounts.LOOKALIKE"][2].startswith("1 of 4 ")  # 41260 for 41250: one digit wrong
    assert rows["figures and words agree"][2].startswith("1 of 3 ")
    assert "; 0 of 1 " in rows["figures and words agree"][2]
    assert rows["matching.NAME_SAME"][2].startswith("3 of 4 ")
    assert rows["matching.NAME_OTHER"][2].startswith("1 of 4 ")


def test_no_document_is_no_evidence() -> None:
    assert {row[2] for row in measured([]) if row[0].startswith("matching.")} == {
        "0 of 0 (0.00% to 100.00%); 0 of 0 (0.00% to 100.00%)",
        "0 of 0 (0.00% to 100.00%)",
    }
