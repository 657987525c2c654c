"""Terms from the tables: they are what the contract master said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from lockbox.contract.lease import extend
from lockbox.runtime import Runtime
from lockbox.servicing.contract_terms import load_terms, save_terms
from tests.builders import ledger as make
from tests.builders import nights


def test_all_terms_come_back_as_they_were_loaded(runtime: Runtime) -> None:
    master = nights.portfolio(40)
    nights.load(runtime, master)
    with runtime.engine.connect() as connection:
        contracts = {row.account_number: row for row in connection.execute(sa.text("select * from contract"))}
        for version in master.terms:
            row = contracts[version.account_number]
            assert load_terms(connection, row.contract_id, row.product, row.state) == (version.terms,)


@pytest.mark.parametrize("months", [1, 7])
def test_versions_come_in_the_order_of_their_first_days(runtime: Runtime, months: int) -> None:
    terms, position = make.lease(count=22)
    extended = extend(terms, months, date(2026, 12, 1))
    with runtime.engine.begin() as connection:
        make.lender(connection)
        contract_id = make.open_contract(connection, 1, terms, position)
        assert save_terms(connection, contract_id, extended, make.ARRIVED) == 2
        loaded = load_terms(connection, contract_id, "lease", "TX")
    assert loaded == (terms, replace(extended, version=2))
