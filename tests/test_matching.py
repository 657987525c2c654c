"""Matching: evidence against the contract master."""

from __future__ import annotations

from lockbox.matching import ContractView, is_slip, match, near_numbers
from ocr.reading import Candidate

ONE = ContractView(1, "1234567897", "loan", "Maria Lopez", payers=frozenset({"token-m"}), installment_cents=41250)
TWO = ContractView(2, "1234567994", "loan", "John Smith", installment_cents=30000)
MASTER = {view.account_number: view for view in (ONE, TWO)}


def read(**values: float) -> list[Candidate]:
    return [Candidate(value.lstrip("n"), probability, "test") for value, probability in values.items()]


def test_a_number_in_a_sparse_master_is_strong_even_when_read_weakly() -> None:
    found = match(read(n1234567897=0.2), MASTER, 2000)
    assert found.best
    assert found.best.contract == ONE
    assert found.best.exact
    assert found.best.probability > 0.999


def test_two_numbers_that_are_both_in_the_master_are_in_doubt() -> None:
    found = match(read(n1234567897=0.5, n1234567994=0.4), MASTER, 2000)
    assert found.best
    assert found.best.probability < 0.9


def test_a_second_factor_decides_between_two_numbers() -> None:
    numbers = read(n1234567897=0.5, n1234567994=0.4)
    found = match(numbers, MASTER, 2000, token="token-m", payer_name="MARIA LOPEZ", amounts=[41250])
    assert found.best
    assert found.best.contract == ONE
    assert found.best.probability > 0.999


def test_a_foreign_number_matches_nobody() -> None:
    found = match(read(n9999999952=0.95), MASTER, 2000)
    assert found.best is None
    assert found.foreign
    assert not found.unread


def test_a_near_miss_is_found_and_is_not_exact() -> None:
    found = match(read(n1234567879=0.97), MASTER, 2000)  # 97 written as 79
    assert found.best
    assert found.best.contract == ONE
    assert not found.best.exact


def test_history_alone_ranks_and_never_posts() -> None:
    found = match([], MASTER, 2000, token="token-m")
    assert found.unread
    assert found.best
    assert found.best.contract == ONE
    assert not found.best.exact


def test_the_denser_the_master_the_less_a_weak_reading_proves() -> None:
    weak = read(n1234567897=0.02)
    sparse, dense = match(weak, MASTER, 1000).best, match(weak, MASTER, 5_000_000_000).best
    assert sparse
    assert dense
    assert sparse.probability > 0.99 > dense.probability


def test_slips() -> None:
    assert is_slip("1234", "1243")
    assert is_slip("1234", "1239")
    assert not is_slip("1234", "1234")
    assert not is_slip("1234", "4321")
    assert not is_slip("1234", "12345")
    assert all(is_slip(near, "1234567897") and int(near) % 97 == 1 for near in near_numbers("1234567897"))
