"""The words for what differs from a site's own words, and how much is missing all together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lockbox.mail.difference import Difference, close_words, describe, headline
from lockbox.scopes import BatchScope

BATCH = BatchScope("dallas", date(2026, 11, 24), "M001")
LATER = "dallas/2026-11-25/M002"
FOUR = Difference(BATCH, "documents", 5, 1, "4 missing", sources=("batch", "manifest"), difference_id=1)
ENVELOPES = replace(FOUR, kind="envelopes", difference_id=2)


@pytest.mark.parametrize(
    ("change", "sequences", "words"),
    [
        ({}, [1], "batch M001: 5 documents declared and announced, 1 captured: 4 missing (sequences 2 to 5)"),
        ({"counted": 4}, [1, 2, 4, 5], "... 4 captured: 1 missing (sequence 3)"),
        ({"counted": 2}, [2, 4], "... 2 captured: 3 missing (sequences 1, 3, 5)"),
        ({"counted": 3}, [11, 12, 13], "... 3 captured: 2 missing"),  # these sequences tell nothing
        ({"declared": 99_999_999}, [2], "... 99,999,998 missing (sequences 1, 3 to 99999999)"),
        ({"counted": 6}, [1, 2, 3, 4, 5, 6], "... 6 captured: 1 too many"),
        ({"kind": "envelopes"}, [1], "batch M001: 5 envelopes declared and announced, 1 captured: 4 missing"),
        ({"kind": "images", "sources": ("batch",)}, [], "batch M001: 5 images declared, 1 usable: 4 missing"),
        ({"declared": 1, "counted": 0}, [], "batch M001: 1 document declared and announced, none captured"),
        (
            {"kind": "cents", "declared": 165_010, "counted": 164_010, "sources": ("batch",)},
            [],
            "batch M001: $1,650.10 declared, $1,640.10 carried by its checks: $10.00 missing",
        ),
        ({"kind": "cents", "declared": 0, "counted": 10, "sources": ("batch",)}, [], "... checks: $0.10 too much"),
        (
            {"kind": "undeclared", "declared": None, "counted": 3},
            [1, 2, 3],
            "batch M001: 3 documents captured, and nobody says how many were sent: nothing to compare with",
        ),
        (
            {"kind": "unannounced", "declared": 0},
            [1],
            "batch M001: 1 document captured, and the manifest does not list the batch",
        ),
        ({"kind": "unlisted", "record": "9f.tif"}, [], "batch M001: 9f.tif came, and no row of its index lists it"),
    ],
)
def test_operators_read_what_is_missing_and_where(change: dict[str, object], sequences: list[int], words: str) -> None:
    text = describe(replace(FOUR, **change), sequences)  # type: ignore[arg-type]
    assert text.endswith(words.removeprefix("..."))


def test_a_refused_delivery_tells_why() -> None:
    whole = replace(FOUR, counted=0)
    assert describe(whole, cause="is empty").endswith(
        "5 documents declared and announced, none captured; refused: is empty"
    )
    refused = replace(FOUR, kind="refused", declared=1, counted=0)
    assert describe(refused, cause="is empty") == "batch M001: a delivery was refused: is empty"


def test_what_the_batch_and_the_manifest_both_miss_is_counted_once() -> None:
    announced = replace(FOUR, declared=6, sources=("manifest",))
    assert headline([FOUR, announced, ENVELOPES]) == "5 documents and 4 envelopes missing"


def test_two_batches_add_up_and_what_is_too_much_hides_nothing() -> None:
    other = replace(FOUR, scope=replace(BATCH, batch_no="M002"), declared=1, counted=3)
    images = replace(FOUR, kind="images", declared=10, counted=2)
    unlisted = replace(FOUR, kind="unlisted", declared=0, counted=1)
    assert headline([FOUR, other, images, unlisted]) == (
        "4 documents and 8 images missing; 2 documents too many; 1 image file that no index lists"
    )


def test_a_difference_is_open_until_it_is_accepted_or_all_of_it_came() -> None:
    assert FOUR.is_open
    assert not replace(FOUR, accepted_by="M. Ruiz").is_open
    part = replace(FOUR, settled=3, settled_by=(LATER,))
    assert (part.is_open, part.left, headline([part])) == (True, 1, "1 document missing")
    assert not replace(FOUR, settled=4).is_open
    assert replace(FOUR, declared=1, counted=5, settled=9).is_open  # what is too much cannot come


def test_a_day_is_in_balance_only_where_nothing_differs() -> None:
    accepted = replace(FOUR, accepted_by="M. Ruiz", reason="shredded")
    settled = replace(FOUR, settled=4, settled_by=(LATER,))
    assert close_words([]) == "closed in balance"
    assert close_words([FOUR, accepted]) == "closed with open differences: 4 documents missing (4 missing)"
    assert close_words([accepted]) == "closed; ties, 4 documents missing, accepted by M. Ruiz: shredded"
    assert close_words([settled]) == f"closed; ties, 4 documents missing, found later in {LATER}"
