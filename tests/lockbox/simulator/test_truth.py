"""A day's postings against its truth: what is a misread, what should have been stopped."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import InputError
from lockbox.settings import Settings
from lockbox.simulator.truth import TrueItem, TrueLine, Truth, describe, load_truth, save_truth, score
from tests.builders import ledger as make

DAY = date(2026, 11, 16)
LINE = TrueLine("1234567869", 41_250)


def item(sequence: int = 1, **changes: Any) -> TrueItem:
    values: dict[str, Any] = {"lines": (LINE,), "amount_cents": 41_250, "story": "exact", "outcome": "post", **changes}
    return TrueItem("dallas", "D001", sequence, sequence, values.pop("kind", "check"), **values)


def row(sequence: int = 1, outcome: str = "post", line: TrueLine | None = LINE, *reasons: str) -> dict[str, Any]:
    return {
        "site_id": "dallas",
        "batch_no": "D001",
        "sequence": sequence,
        "outcome": outcome,
        "reasons": list(reasons),
        "account_number": line.account_number if line else None,
        "amount_cents": line.amount_cents if line else None,
    }


def truth(*items: TrueItem) -> Truth:
    return Truth(DAY, 7, items)


def test_a_right_posting_is_straight_through() -> None:
    result = score(truth(item()), [row()])
    assert (result.checks, result.posted, result.could_post, result.could_post_posted) == (1, 1, 1, 1)
    assert result.straight_through == 1.0
    assert not result.misreads
    assert not result.wrongly_posted


@pytest.mark.parametrize("line", [TrueLine("1234567869", 41_251), TrueLine("9999999904", 41_250), None])
def test_a_wrong_contract_or_amount_is_a_misread(line: TrueLine | None) -> None:
    result = score(truth(item()), [row(line=line)])
    assert [verdict.item.sequence for verdict in result.misreads] == [1]
    assert any("misread" in text and "dallas D001 #1" in text for text in describe(result))


def test_lines_may_be_cut_otherwise_but_must_all_be_there() -> None:
    whole = truth(item(lines=(TrueLine("A", 100), TrueLine("B", 50)), amount_cents=150))
    cut = [row(line=TrueLine("B", 50)), row(line=TrueLine("A", 60)), row(line=TrueLine("A", 40))]
    assert not score(whole, cut).misreads
    assert score(whole, cut[:2]).misreads


def test_what_must_stop_and_posts_is_wrong_even_if_well_read() -> None:
    held = item(must_stop=True, outcome="review", reasons=("post_dated",), story="post_dated")
    result = score(truth(held), [row()])
    assert [verdict.item.reasons for verdict in result.wrongly_posted] == [("post_dated",)]
    assert not result.misreads
    assert result.could_post == 0
    assert any("should have been stopped" in line and "post_dated" in line for line in describe(result))


def test_stopped_for_the_right_or_for_another_reason() -> None:
    held = [item(n, must_stop=True, outcome="review", reasons=("stale",)) for n in (1, 2, 3)]
    rows = [
        row(1, "review", None, "stale", "amount_doubtful"),
        row(2, "review", None, "amount_doubtful"),
        row(3, "suspense", None, "stale"),
    ]
    result = score(truth(*held), rows)
    assert [verdict.item.sequence for verdict in result.missed_reasons] == [2]
    assert result.reasons == {"amount_doubtful": (0, 0, 2), "stale": (3, 2, 2)}
    assert not result.wrongly_posted


def test_an_item_that_may_stop_or_post_is_no_error_either_way() -> None:
    doubtful = item(outcome="review", reasons=("account_doubtful",))
    assert not score(truth(doubtful), [row()]).wrongly_posted
    assert not score(truth(doubtful), [row(1, "review", None, "account_doubtful")]).missed_reasons
    assert score(truth(doubtful), [row(line=TrueLine("9999999904", 41_250))]).misreads


def test_what_waits_or_has_no_decision_is_not_posted() -> None:
    result = score(truth(item(1), item(2), item(3, kind="coupon", outcome="support")), [row(1, "waiting", None)])
    assert result.posted == 0
    assert not result.misreads
    assert [item.sequence for item in result.undecided] == [2, 3]
    assert (result.could_post, result.could_post_posted) == (2, 0)


def test_a_decision_on_what_was_never_mailed_is_named() -> None:
    result = score(truth(item()), [row(), row(9)])
    assert result.unknown == (("dallas", "D001", 9),)
    assert any("never mailed" in line for line in describe(result))


def test_coupons_and_letters_are_not_counted_as_checks() -> None:
    result = score(truth(item(), item(2, kind="coupon", outcome="support")), [row(), row(2, "support", None)])
    assert result.checks == 1


def test_posted_lines_are_what_the_ledger_says(settings: Settings) -> None:
    with db.engine(settings).begin() as connection:
        make.lender(connection)
        contract = make.contract(connection)
        batch = make.batch(connection, documents=6)
        items = [make.item(connection, batch, sequence) for sequence in range(1, 7)]
        make.posted_check(connection, items[0], contract, 50_000)  # 41,250 applied, the rest unapplied
        make.suspense_check(connection, items[1], 20_000)
        make.decision(connection, items[2], "review", None, reasons=["unsigned"])
        make.decision(connection, items[3], "support", None, kind="coupon")
        make.decision(connection, items[4], lines=[(contract, 41_250)])  # not in the ledger yet
        posted = db.rows(connection, "reports/posted_lines", business_date=make.DAY)
        number = connection.execute(sa.text("select account_number from contract")).scalar_one()
        assert not db.rows(connection, "reports/posted_lines", business_date=date(2026, 11, 17))
    lines: list[tuple[Any, ...]] = [tuple(row.values()) for row in posted]
    assert lines == [
        ("dallas", "D001", 1, "post", [], number, 50_000),
        ("dallas", "D001", 2, "suspense", ["account_unknown"], None, None),
        ("dallas", "D001", 3, "review", ["unsigned"], None, None),
        ("dallas", "D001", 4, "support", [], None, None),
        ("dallas", "D001", 5, "waiting", [], None, None),
    ]
    result = score(truth(item(1, lines=(TrueLine(number, 50_000),)), item(5), item(6)), posted)
    assert (result.posted, result.misreads, [item.sequence for item in result.undecided]) == (1, (), [6])


def test_truth_is_kept_as_it_was(tmp_path: Path) -> None:
    day = truth(
        item(reasons=("stale", "unsigned"), troubles=("torn",), must_stop=True, dated_on="2026-01-02"),
        item(2, amount_cents=None, lines=()),
    )
    save_truth(day, tmp_path / "a" / "truth.json")
    assert load_truth(tmp_path / "a" / "truth.json") == day
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["truth.json"]


@pytest.mark.parametrize("content", ["", "{}", '{"business_date": "2026-11-16", "seed": 1, "items": [{"x": 1}]}'])
def test_what_is_no_truth_is_refused_by_name(tmp_path: Path, content: str) -> None:
    path = tmp_path / "truth.json"
    path.write_text(content)
    with pytest.raises(InputError, match=r"truth\.json"):
        load_truth(path)
