"""What letters lead to: in one transaction with their filing, in force from the day that they tell of."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from lockbox.checks import run_checks
from lockbox.contract.position import opened
from lockbox.customer.contacts import Consent
from lockbox.errors import ConflictError, InputError, Refused
from lockbox.runtime import Runtime
from lockbox.servicing import actions
from lockbox.servicing.recorded_action import Instruction
from reconciliation.exceptions import letter_effect, resolution
from tests.builders import contract as contracts
from tests.builders import exceptions as make
from tests.builders import ledger, letters
from tests.builders.exceptions import MONDAY, THURSDAY, TUESDAY, WEDNESDAY

PETITION = date(2026, 11, 14)
ELM = ("9 Oak Ave", "Plano, TX 75023")


def rows(runtime: Runtime, statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with runtime.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(statement), values)]


def in_order(runtime: Runtime) -> None:
    with runtime.engine.connect() as connection:
        assert run_checks(connection) == []
    assert make.replayed(runtime) == []


def owed_fees(runtime: Runtime) -> list[int]:
    return [cents for (cents,) in rows(runtime, "select fee_cents from position order by contract_id")]


def two_nights(runtime: Runtime) -> None:
    """Monday and Tuesday: the installment of November 1 gets its late fee."""
    for day in (MONDAY, TUESDAY):
        make.close(runtime, day)
        make.run_night(runtime, day)


@pytest.mark.parametrize("flag", ["bankruptcy", "scra"])
def test_a_flag_from_the_day_it_tells_of_undoes_the_fee_charged_since(runtime: Runtime, flag: str) -> None:
    item = letters.letter(runtime)
    first, _ = make.accounts(runtime)
    two_nights(runtime)
    assert all(owed_fees(runtime)), "both loans were charged"
    effect = letter_effect.new_flag(first, flag, PETITION)
    number = make.resolve(runtime, item, letters.asks(effect, "notice of the court"), WEDNESDAY)
    fees = owed_fees(runtime)
    assert (fees[0], fees[1] > 0) == (0, True)
    facts = "select facts ->> 'item', reason, maker from contract_event"
    name = f"dallas/{MONDAY}/D001/1"
    assert rows(runtime, facts) == [(name, f"letter {name}: notice of the court", "ann")]
    decided = rows(runtime, "select outcome, checker, business_date from decision where version = 2")
    assert decided == [("file", "bob", WEDNESDAY)]
    assert rows(runtime, "select resolution_id from letter_effect_done") == [(number,)]
    make.close(runtime, WEDNESDAY)
    make.run_night(runtime, WEDNESDAY)
    assert owed_fees(runtime)[0] == 0
    in_order(runtime)
    assert resolution.finish_ready(runtime, make.noon(THURSDAY)) == []  # run twice changes nothing
    assert len(rows(runtime, "select from contract_flag")) == 1


def test_a_death_sets_its_flag_and_leaves_the_fee(runtime: Runtime) -> None:
    """The reference lender's rule of "deceased" stops application, not late fees."""
    item = letters.letter(runtime)
    first, _ = make.accounts(runtime)
    two_nights(runtime)
    make.resolve(runtime, item, letters.asks(letter_effect.new_flag(first, "deceased", PETITION)), WEDNESDAY)
    assert rows(runtime, "select flag, valid_from from contract_flag") == [("deceased", PETITION)]
    assert owed_fees(runtime)[0] > 0
    in_order(runtime)


def test_papers_that_are_done_tie_on_the_day_they_are_done(runtime: Runtime) -> None:
    card = letters.letter(runtime)
    make.close(runtime, MONDAY)
    make.resolve(runtime, card, letters.asks(note="a birthday card"), TUESDAY)
    make.close(runtime, TUESDAY)
    papers = "select totals -> 'carried' ->> 'papers' from day_close order by business_date"
    assert rows(runtime, papers) == [("1",), ("0",)]
    in_order(runtime)


def test_a_new_address_holds_from_the_receipt_and_an_older_letter_does_not_replace_it(runtime: Runtime) -> None:
    old = letters.letter(runtime, "new_address")
    new = letters.letter(runtime, "new_address", day=TUESDAY)
    first, _ = make.accounts(runtime)
    number = make.propose(runtime, new, letters.asks(letter_effect.new_address(first, ELM)), TUESDAY)
    with runtime.engine.connect() as connection:
        assert resolution.state_of(connection, number) == "proposed", "a second person looks at an address"
    with runtime.engine.begin() as connection:
        resolution.step(connection, number, "confirmed", "bob", make.noon(TUESDAY))
    resolution.finish_ready(runtime, make.noon(TUESDAY))
    earlier = letters.asks(letter_effect.new_address(first, ["7 Ash Rd", "Waco, TX 76701"]))
    make.resolve(runtime, old, earlier, TUESDAY)
    kept = rows(runtime, "select valid_from, before, item_id from address_change order by 1 desc")
    assert kept == [(TUESDAY, "1 Elm St", new), (MONDAY, "\n".join(ELM), old)]
    assert rows(runtime, "select address from customer order by 1") == [("1 Elm St",), ("\n".join(ELM),)]
    with runtime.engine.begin() as connection:  # the master, which has the address from before, can come again
        ledger.open_contract(connection, 1, contracts.loan(), opened(2_000_000, make.OPENED))
    in_order(runtime)


def test_a_consent_is_withdrawn_from_the_instant_of_the_receipt(runtime: Runtime) -> None:
    item = letters.letter(runtime)
    first, _ = make.accounts(runtime)
    withdrawn = Consent("electronic_statements", False, "2026-01", "")
    effect = letter_effect.new_contact(first, {"email": "payer@new.example", "text": ""}, withdrawn)
    make.resolve(runtime, item, letters.asks(effect), TUESDAY)
    name = f"letter dallas/{MONDAY}/D001/1"
    received = "(select received_at from batch)"
    assert rows(runtime, f"select given, shown, at = {received} from consent") == [(False, name, True)]
    kept = rows(runtime, f"select address, valid_from = {received} from contact")
    assert kept == [("payer@new.example", True)]


def test_a_letter_that_cannot_be_done_waits_again_and_changes_nothing(runtime: Runtime) -> None:
    item = letters.letter(runtime)
    first, _ = make.accounts(runtime)
    asked = letters.asks(letter_effect.new_flag(first, "bankruptcy", PETITION))
    number = make.propose(runtime, item, asked, MONDAY)
    with runtime.engine.begin() as connection:
        resolution.step(connection, number, "confirmed", "bob", make.noon(MONDAY))
    actions.set_flag(runtime, Instruction(first, "phone", "cho", make.noon(MONDAY), PETITION), "bankruptcy")
    with suppress(ConflictError):
        resolution.finish_ready(runtime, make.noon(MONDAY))
    assert rows(runtime, "select max(version) from decision") == [(1,)]
    assert rows(runtime, "select count(*) from letter_effect_done") == [(0,)]
    with pytest.raises(Refused, match="has the flag bankruptcy"):
        make.propose(runtime, item, asked, MONDAY)


def test_who_may_not_decide_about_the_contract_may_not_work_its_letter(runtime: Runtime) -> None:
    item = letters.letter(runtime)
    first, _ = make.accounts(runtime)
    with runtime.engine.begin() as connection:
        resolution.note_own_contract(connection, "ann", first, "hers", "cho", make.noon(MONDAY))
        resolution.note_own_contract(connection, "bob", first, "his wife's", "cho", make.noon(MONDAY))
    asked = letters.asks(letter_effect.new_flag(first, "bankruptcy", PETITION))
    with pytest.raises(Refused, match="of their own or of their household"):
        make.propose(runtime, item, asked, MONDAY)
    number = make.propose(runtime, item, asked, MONDAY, by="dan")
    with pytest.raises(Refused, match="of their own or of their household"), runtime.engine.begin() as connection:
        resolution.step(connection, number, "confirmed", "bob", make.noon(MONDAY))


def test_what_a_letter_cannot_ask_for_is_told(runtime: Runtime) -> None:
    item = letters.letter(runtime)
    first, _ = make.accounts(runtime)
    with pytest.raises(InputError, match="state and ZIP code"):
        letter_effect.new_address(first, ["Oak"])
    with pytest.raises(InputError, match="give an address, email"):
        letter_effect.new_contact(first, {"email": ""}, None)
    with pytest.raises(InputError, match="not of litigation"):
        letter_effect.new_flag(first, "litigation", PETITION)
    with pytest.raises(InputError, match="say what is disputed"):
        letter_effect.new_dispute(first, " ")
    with pytest.raises(InputError, match="is to come"):
        make.propose(runtime, item, letters.asks(letter_effect.new_flag(first, "bankruptcy", THURSDAY)), MONDAY)
    with pytest.raises(InputError, match="no such account: 123"):
        make.propose(runtime, item, letters.asks(letter_effect.new_dispute("123", "the fee")), MONDAY)
    of_check = replace(letters.asks(letter_effect.new_dispute(first, "the fee")), kind=None)
    (check,) = letters.envelope(runtime, ("check", 100, ["account_unread"]), day=TUESDAY)
    with pytest.raises(Refused, match="only a letter that is filed has an effect"):
        make.propose(runtime, check, of_check, MONDAY)
