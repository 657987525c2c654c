"""Evidence of one item: what the document is, and which readings are clear."""

from __future__ import annotations

from dataclasses import replace

from lockbox.mail.evidence import ItemEvidence
from ocr.reading import DocumentKind, Field, Reading
from tests.builders.evidence import check, evidence


def test_an_item_of_an_image_cash_letter_is_a_check_whatever_its_image_looks_like() -> None:
    letter = evidence(1, DocumentKind.LETTER, {})
    assert letter.kind is DocumentKind.LETTER
    assert replace(letter, carried_cents=41_250).kind is DocumentKind.CHECK
    assert replace(letter, unusable="truncated").kind is DocumentKind.OTHER
    assert ItemEvidence(1, 1, None).kind is DocumentKind.OTHER


def test_an_item_that_was_not_taken_in_or_not_decoded_is_lost() -> None:
    undecoded = Reading(DocumentKind.OTHER, 0.0, problems=("front: damaged TIFF",))
    assert ItemEvidence(1, 1, None, unusable="truncated").is_lost
    assert ItemEvidence(1, 1, undecoded).is_lost
    assert not ItemEvidence(1, 1, replace(undecoded, kind_probability=0.7)).is_lost
    assert not check().is_lost


def test_only_a_clear_reading_counts() -> None:
    assert check(payee=("Sunrise Property", 0.6)).clear(Field.PAYEE) == "Sunrise Property"
    assert check(payee=("Sunrise Property", 0.59)).clear(Field.PAYEE) == ""
    assert check(payee=None).clear(Field.PAYEE) == ""
    assert [candidate.value for candidate in check().candidates(Field.SIGNATURE)] == ["present"]
    assert ItemEvidence(1, 1, None).candidates(Field.PAYEE) == ()
