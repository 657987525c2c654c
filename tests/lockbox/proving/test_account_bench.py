"""The account bench: what it plans, and how it counts."""

from __future__ import annotations

from dataclasses import replace

from lockbox.lender.account_number import NumberRule
from lockbox.mail.contract_match import ContractView, PayerReading
from lockbox.proving.account_bench import Case, World, plan, section
from lockbox.proving.account_lines import LineRead
from lockbox.proving.account_master import make_owners
from ocr.reading import Candidate, Field, FieldReading

OWNERS = make_owners(5, 300, check_digits=True)


def test_slips_and_strangers_lead_to_no_contract() -> None:
    lines = plan(OWNERS, 60, 7, strangers=True)
    known = {owner.number for owner in OWNERS}
    kinds = [line.what for line in lines]
    assert (kinds.count("own"), kinds.count("slip"), kinds.count("other")) == (60, 6, 60)
    assert all((line.written.number in known) == (line.what == "own") for line in lines)
    assert len({line.written.seed for line in lines}) == len(lines)


def test_right_wrong_and_held_lines_are_counted_separately() -> None:
    (line,) = plan(OWNERS, 1, 7, strangers=False)[:1]
    number = line.written.number
    view = ContractView(1, number, "loan", "Maria Lopez")
    reading = FieldReading(Field.ACCOUNT_NUMBER, (Candidate(number, 0.9, "test", -0.1),))
    read = LineRead(reading, FieldReading(Field.PAYER, ()), 1.0)
    case = Case("own", number, line, read, {number: view}, PayerReading())
    assert case.outcome(NumberRule(), 1000) == "accepted"
    assert replace(case, meant="4051236720").outcome(NumberRule(), 1000) == "wrong"
    assert replace(case, contracts={}).outcome(NumberRule(), 1000) == "held"
    cases = [case, replace(case, what="foreign", meant=None), replace(case, what="foreign", contracts={})]
    world = World("x", NumberRule(), 1000, 2, cases, [1.0], [1.0], [1.0])
    text = section(world)
    assert "**1 of 2 lines.**" in text
    assert "lines.**" not in section(replace(world, planned=1))
    assert "| own numbers | 1 | 1 | 100.00%" in text
    assert "| the same, their contracts taken out of the master | 2 | 1 | 50.00%" in text
