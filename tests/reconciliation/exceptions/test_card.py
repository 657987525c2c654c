"""Cards of items in review: masked, grouped by their most important reason, with a limited number of pictures."""

from __future__ import annotations

from typing import Any

import pytest

from lockbox.errors import InputError, Unavailable
from reconciliation.exceptions.card import card_of, group_cards, label_of
from tests.builders.site_days import check_image


def _row(sequence: int = 1, **changed: Any) -> dict[str, Any]:
    """A row of reports/day_exceptions: a check in review whose amount is in doubt."""
    row = {
        "item_id": sequence,
        "site_id": "dallas",
        "batch_no": "D001",
        "sequence": sequence,
        "envelope_no": sequence,
        "kind": "check",
        "outcome": "review",
        "suspense_kind": None,
        "amount_cents": 41_250,
        "unusable": None,
        "front_sha256": "a" * 64,
        "reasons": ["amount_doubtful"],
        "ranked": {},
        "payer": "ADA PAYER\n12 Elm St",
        "is_read": False,
        "rotation_deg": 0,
        "width_px": 0,
        "dpi": 0,
        "micr_box": None,
        "bank_account_box": None,
        "account_number_box": None,
    }
    return row | changed


def _image(_sha256: str) -> bytes:
    return check_image()


def test_a_card_shows_masked_candidates_without_the_unlikely_ones() -> None:
    accounts = [
        {"account_number": f"100000012{digit}", "name": "Ada", "probability": probability}
        for digit, probability in ((1, 0.9), (2, 0.09), (3, 0.004), (4, 0.003))
    ]
    card = card_of(_row(ranked={"accounts": accounts}))
    assert [(account.account, account.probability) for account in card.accounts] == [("…0121", 0.9), ("…0122", 0.09)]
    assert card.payer == "ADA PAYER"


def test_the_best_candidate_is_shown_even_if_it_is_unlikely() -> None:
    card = card_of(_row(ranked={"amounts": [{"amount_cents": 500, "probability": 0.001}]}))
    assert card.amounts == ((500, 0.001),)


def test_a_legal_reason_comes_before_a_reading_problem_and_a_note_comes_last() -> None:
    card = card_of(_row(reasons=["underpaid", "amount_doubtful", "paid_in_full"]))
    assert card.reasons == ("paid_in_full", "amount_doubtful", "underpaid")
    assert card.main_reason == "paid_in_full"
    assert card.labels[0] == "“Paid in full”"


def test_a_reason_that_is_not_known_is_shown_as_it_is() -> None:
    assert label_of("stale") == "Stale-dated"
    assert label_of("old_reason") == "Old reason"


def test_disputes_are_grouped_before_payments() -> None:
    groups = group_cards([card_of(_row(1)), card_of(_row(2, reasons=["paid_in_full"])), card_of(_row(3))], _image)
    assert [(group.queue, group.reason, len(group.cards)) for group in groups] == [
        ("disputes", "paid_in_full", 1),
        ("payments", "amount_doubtful", 2),
    ]
    assert groups[1].cents == 82_500


def test_pictures_are_limited_and_the_rest_is_listed() -> None:
    (group,) = group_cards([card_of(_row(sequence)) for sequence in range(1, 41)], _image)
    assert (len(group.pictured), len(group.listed)) == (12, 28)
    assert [card.sequence for card in group.pictured] == list(range(1, 13))


@pytest.mark.parametrize("changed", [{"kind": "letter"}, {"front_sha256": None}])
def test_a_letter_and_an_item_without_an_image_have_no_picture(changed: dict[str, Any]) -> None:
    (group,) = group_cards([card_of(_row(**changed))], _image)
    assert group.pictured == ()


@pytest.mark.parametrize("error", [InputError("is not in the image store"), Unavailable("is not there"), OSError(5)])
def test_an_image_that_is_gone_leaves_the_card_without_a_picture(error: Exception) -> None:
    def gone(_: str) -> bytes:
        raise error

    (group,) = group_cards([card_of(_row())], gone)
    assert (len(group.pictured), len(group.listed)) == (0, 1)
