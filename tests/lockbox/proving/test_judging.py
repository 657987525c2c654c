"""Which fields of a reading are right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lockbox.proving.judging import AMOUNT, JudgedField, judge, kind_of
from lockbox.simulator.mail import Document
from lockbox.simulator.papers import LetterPaper, ScanManner
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading
from tests.builders.drawn import DOCUMENT, TRUTH


def judged(
    document: Document = DOCUMENT, kind: DocumentKind = DocumentKind.CHECK, /, **values: str
) -> dict[str, JudgedField]:
    """The judged fields of a reading that claims 0.9 for each value."""
    fields = {
        Field(name): FieldReading(Field(name), (Candidate(value, 0.9, "x"),) if value else ())
        for name, value in values.items()
    }
    return {field.field: field for field in judge(document, Reading(kind, 0.8, fields, readers="r"))}


def test_figures_and_words_are_each_judged_by_their_own_truth() -> None:
    fields = judged(courtesy_amount="41250", legal_amount="50000")
    assert fields["courtesy_amount"].judged.right
    assert fields["legal_amount"].judged.right
    assert not judged(courtesy_amount="50000")["courtesy_amount"].judged.right


def test_figures_and_words_together_are_judged_by_what_the_check_is_for() -> None:
    assert judged(courtesy_amount="50000", legal_amount="50000")[AMOUNT].judged.right
    assert judged(legal_amount="50000")[AMOUNT].value == "50000"
    assert not judged(courtesy_amount="41250", legal_amount="41250")[AMOUNT].judged.right
    assert judged()[AMOUNT].judged.probability is None


def test_two_clear_but_different_amounts_are_not_a_sure_amount() -> None:
    amounts = {Field.COURTESY_AMOUNT: "41250", Field.LEGAL_AMOUNT: "50000"}
    fields = {name: FieldReading(name, (Candidate(value, 0.9999, "x"),)) for name, value in amounts.items()}
    reading = Reading(DocumentKind.CHECK, 0.8, fields, readers="r")
    [amount] = [field for field in judge(DOCUMENT, reading) if field.field == AMOUNT]
    assert (amount.judged.probability or 1.0) < 0.5


@pytest.mark.parametrize(
    ("field", "value", "right"),
    [
        ("bank_account", "123456789", True),  # leading zeros say nothing
        ("serial", "1043", False),
        ("payee", "Meridian Motor Credlt", True),  # one letter off is the same payee
        ("payee", "City of Plano Water", False),
        ("payer", "Jordan Miller\n12 Cedar Ln", True),
        ("signature", "absent", True),
        ("signature", "present", False),
    ],
)
def test_what_counts_as_the_same(field: str, value: str, right: bool) -> None:
    assert judged(**{field: value})[field].judged.right is right


def test_where_nothing_is_written_a_value_is_wrong_and_no_value_is_right() -> None:
    fields = judged(date="2026-11-16", account_number="", phrase="paid in full")
    assert (fields["date"].judged.right, fields["date"].judged.expected) == (False, False)
    assert (fields["account_number"].judged.right, fields["account_number"].judged.probability) == (True, None)
    assert not fields["phrase"].judged.right
    settling = replace(DOCUMENT, truth=replace(TRUTH, story="paid_in_full"))
    assert judged(settling, phrase="paid in full")["phrase"].judged.right


def test_a_mistaken_kind_leaves_the_fields_unread() -> None:
    fields = judged(DOCUMENT, DocumentKind.LETTER)
    assert not fields["document_kind"].judged.right
    assert fields["document_kind"].judged.probability == 0.8
    assert not fields["routing"].judged.right
    assert fields["routing"].judged.expected


def test_documents_are_grouped_by_who_drew_the_check() -> None:
    assert kind_of(DOCUMENT) == "personal"
    letter = Document(LetterPaper(("x",), by_hand=False), ScanManner(), 1, 1, replace(TRUTH, kind="letter"))
    assert kind_of(letter) == "letter"
