"""Matching: evidence is scored against the contract master."""

from __future__ import annotations

from dataclasses import replace

from lockbox.lender.account_number import NumberRule
from lockbox.mail.contract_match import ContractView, PayerReading, is_slip, match, near_numbers
from ocr.reading import Candidate

ONE = ContractView(1, "1234567889", "loan", "Maria Lopez", payers=frozenset({"token-m"}), installment_cents=41250)
TWO = ContractView(2, "1234567986", "loan", "John Smith", installment_cents=30000)
RULE = NumberRule()
MASTER = {view.account_number: view for view in (ONE, TWO)}


def read(**values: float) -> list[Candidate]:
    return [Candidate(value.lstrip("n"), probability, "test") for value, probability in values.items()]


def test_a_number_in_a_sparse_master_is_strong_even_when_read_weakly() -> None:
    best = match(read(n1234567889=0.4), MASTER, 2000, RULE).best
    assert best
    assert best.contract == ONE
    assert best.exact
    assert best.probability > 0.999


def test_two_numbers_that_are_both_in_the_master_are_in_doubt() -> None:
    best = match(read(n1234567889=0.5, n1234567986=0.4), MASTER, 2000, RULE).best
    assert best
    assert best.probability < 0.9


def test_a_second_factor_decides_between_two_numbers() -> None:
    numbers = read(n1234567889=0.5, n1234567986=0.4)
    payer = PayerReading(frozenset({"token-m"}), "MARIA LOPEZ", amounts=frozenset({41250}))
    best = match(numbers, MASTER, 2000, RULE, payer).best
    assert best
    assert best.contract == ONE
    assert best.probability > 0.999


def test_a_foreign_number_matches_nobody() -> None:
    matching = match(read(n9999999952=0.95), MASTER, 2000, RULE)
    assert matching.best is None
    assert matching.foreign
    assert not matching.unread


def test_a_near_miss_leads_to_the_contract_and_is_not_exact() -> None:
    best = match(read(n1234567898=0.97), MASTER, 2000, RULE).best  # 89 written as 98
    assert best
    assert best.contract == ONE
    assert not best.exact


def test_history_alone_ranks_and_never_posts() -> None:
    matching = match([], MASTER, 2000, RULE, PayerReading(frozenset({"token-m"})))
    assert matching.unread
    assert matching.best
    assert matching.best.contract == ONE
    assert not matching.best.exact


def test_the_denser_the_master_the_less_a_weak_reading_proves() -> None:
    weak = read(n1234567889=0.02)
    sparse, dense = match(weak, MASTER, 1000, RULE).best, match(weak, MASTER, 5_000_000_000, RULE).best
    assert sparse
    assert dense
    assert sparse.probability > 0.99 > dense.probability


def test_slips() -> None:
    assert is_slip("1234", "1243")
    assert is_slip("1234", "1239")
    assert not is_slip("1234", "1234")
    assert not is_slip("1234", "4321")
    assert not is_slip("1234", "12345")
    assert all(is_slip(near, "1234567889") and int(near) % 97 == 1 for near in near_numbers("1234567889", RULE))


def seen(**nats: float) -> list[Candidate]:
    return [Candidate(value.lstrip("n"), 0.5, "test", log_likelihood=value_nats) for value, value_nats in nats.items()]


def exact(numbers: list[Candidate], rule: NumberRule, payer: PayerReading = PayerReading()) -> bool:  # noqa: B008
    best = match(numbers, MASTER, 1_000_000, rule, payer).best
    return best is not None and best.exact


def test_a_number_is_taken_only_as_far_below_the_likeliest_as_the_lender_allows() -> None:
    written = seen(n1234567880=-0.1, n1234567889=-5.0)
    assert exact(written, NumberRule(within_nats=6.0))
    assert not exact(written, NumberRule(within_nats=4.0))


def test_what_speaks_for_the_contract_makes_up_for_the_image_within_limits() -> None:
    """Nothing speaks for a contract whose number only happens to look like somebody else's."""
    known = PayerReading(frozenset({"token-m"}), name="Maria Lopez", amounts=frozenset({41250}))
    assert not exact(seen(n1234567880=-0.1, n1234567889=-3.0), NumberRule())
    assert not exact(
        seen(n1234567880=-0.1, n1234567889=-3.0), NumberRule(), PayerReading(name="John Smith", clear=True)
    )
    assert exact(seen(n1234567880=-0.1, n1234567889=-5.9), NumberRule(), known)
    assert not exact(seen(n1234567880=-0.1, n1234567889=-6.1), NumberRule(), known)


def test_a_number_is_taken_only_well_before_the_next_contract() -> None:
    written = seen(n1234567889=-0.1, n1234567986=-3.0)
    assert not exact(written, NumberRule(ahead_nats=4.0))
    assert exact(written, NumberRule(ahead_nats=2.0))
    assert exact(written, NumberRule(ahead_nats=4.0), PayerReading(name="MARIA LOPEZ"))


def test_a_number_whose_check_digits_do_not_hold_is_never_taken() -> None:
    assert exact(seen(n1234567889=-0.01), NumberRule())
    assert not exact(seen(n1234567889=-0.01), NumberRule("damm"))
    assert not match(seen(n1234567889=-0.01), {}, 1_000_000, NumberRule("damm")).foreign


def test_without_check_digits_a_second_factor_must_speak_for_the_contract() -> None:
    rule, written = NumberRule("none", second_factor_nats=2.3), seen(n1234567889=-0.01)
    assert not exact(written, rule)
    assert exact(written, rule, PayerReading(amounts=frozenset({41250})))
    assert not exact(written, rule, PayerReading(amounts=frozenset({82500 // 2 + 1})))
    assert exact(written, rule, PayerReading(name="Maria Lopez"))
    assert exact(written, rule, PayerReading(frozenset({"token-m"})))
    assert exact(written, rule, PayerReading(name="John Smith", amounts=frozenset({41250})))
    assert not exact(written, rule, PayerReading(name="John Smith", clear=True))


def test_an_address_speaks_for_a_contract_too() -> None:
    contracts = {"1234567889": replace(ONE, customer_address="12 Elm St\nPlano, TX 75074")}
    rule, written = NumberRule("none", second_factor_nats=2.3), seen(n1234567889=-0.01)

    def taken(address: str) -> bool:
        best = match(written, contracts, 1_000_000, rule, PayerReading(name="Pedro Lopez", address=address)).best
        return best is not None and best.exact

    assert taken("12 ELM ST\nPLANO TX 75074")
    assert not taken("900 Oak Ave\nTulsa, OK 74101")


def test_near_numbers_hold_by_the_rule_of_the_lender() -> None:
    assert len(near_numbers("1234567889", NumberRule("none"))) == 98  # 90 digits wrong, 8 pairs that differ swapped
    luhn = near_numbers("1234567898", NumberRule("luhn"))
    assert luhn
    assert all(NumberRule("luhn").is_valid(number) for number in luhn)


def test_a_round_amount_proves_little() -> None:
    contracts = {"1234567889": replace(ONE, installment_cents=40_000)}
    rule, written = NumberRule("none", second_factor_nats=2.3), seen(n1234567889=-0.01)
    best = match(written, contracts, 1_000_000, rule, PayerReading(amounts=frozenset({40_000}))).best
    assert best
    assert not best.exact


def test_a_name_read_badly_does_not_speak_against_a_contract() -> None:
    rule, written = NumberRule(second_factor_nats=-0.5), seen(n1234567889=-0.01)
    assert not exact(written, rule, PayerReading(name="xqrm 5hzz"))
    assert exact(written, rule, PayerReading(name="xqrm 5hzz", clear=False))
