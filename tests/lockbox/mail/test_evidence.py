"""Which contracts a reading could lead to, looked up in the contract master."""

from __future__ import annotations

import sqlalchemy as sa
from stdnum.iso7064 import mod_97_10

from lockbox import db
from lockbox.lender.account_number import NumberRule
from lockbox.mail.decision_basis import contracts_of
from lockbox.runtime import Runtime
from ocr.reading import Candidate
from tests.builders import ledger as make

PAYER = "0123456789abcdef0123456789abcdef"


def test_a_number_its_near_misses_and_the_payer_s_account_lead_to_contracts(runtime: Runtime) -> None:
    first, second, strange = (base + mod_97_10.calc_check_digits(base) for base in ("10000001", "10000002", "77777777"))
    slip = first[:-2] + first[-1] + first[-2]
    with db.engine(runtime.settings, owner=True).connect() as connection:
        make.lender(connection)
        contracts = [make.contract(connection, no) for no in (1, 2)]
        connection.execute(
            sa.text("insert into payer values (:token, :contract, :day)"),
            {"token": PAYER, "contract": contracts[1], "day": make.EVE},
        )

        def found(*readings: tuple[str, ...], tokens: tuple[str, ...] = ()) -> set[str]:
            asked = [[Candidate(value, 0.5, "test") for value in values] for values in readings]
            return set(contracts_of(connection, asked, tokens, make.DAY, NumberRule()))

        assert found((first,)) == {first}
        assert found((slip,)) == {first}  # a slip of the pen: a suggestion
        assert found((strange, second)) == {second}
        assert found((slip, second)) == {second}  # one that is there is hardly a slip of another
        assert found((slip,), (second,)) == {first, second}
        assert found((strange,), tokens=(PAYER,)) == {second}
        assert found((strange,)) == found() == set()
