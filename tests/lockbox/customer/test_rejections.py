"""Letters with returned papers are printed once, by the newest address, and made again to the byte."""

from __future__ import annotations

import pytest

from lockbox.customer import service
from lockbox.customer.print_runs import finish_runs, folder_of
from lockbox.mail.decision import Outcome
from lockbox.mail.reason import Reason
from lockbox.runtime import Runtime
from reconciliation.exceptions import pull_list
from reconciliation.exceptions.resolution import Proposal
from tests.builders import exceptions as make
from tests.builders.customer import words
from tests.builders.exceptions import MONDAY, TUESDAY, noon

pytestmark = pytest.mark.usefixtures("quiet")


def test_a_letter_is_printed_once_for_each_address(runtime: Runtime) -> None:
    items = make.waiting_day(runtime, [37_700, 20_000])
    for item in items:
        make.resolve(runtime, item, Proposal(Outcome.REJECT, reasons=(Reason.UNSIGNED,)), MONDAY)
    make.close(runtime, MONDAY)
    make.run_night(runtime, MONDAY)

    def address(street: str) -> None:
        with runtime.engine.begin() as connection:
            pull_list.address(connection, 1, "Pat Payer", (street, "Dallas, TX 75201"), "ann", noon(MONDAY))

    assert not service.print_runs(runtime, MONDAY, noon(TUESDAY)).startswith("letters")  # nobody knows to whom
    address("1 Elm St")
    assert service.print_runs(runtime, MONDAY, noon(TUESDAY)).startswith("letters with returned papers: 1;")
    pdf = folder_of(runtime.settings) / f"rejections-{MONDAY}-0001.pdf"
    (page,) = words(pdf.read_bytes())
    assert "It is not signed." in page
    assert ",rejection/1," in pdf.with_suffix(".csv").read_text()
    assert not service.print_runs(runtime, MONDAY, noon(TUESDAY)).startswith("letters")
    before = pdf.read_bytes()
    pdf.unlink()
    pdf.with_suffix(".done").unlink()
    address("2 Oak St")
    finish_runs(runtime, noon(TUESDAY))
    assert pdf.read_bytes() == before
    assert service.print_runs(runtime, MONDAY, noon(TUESDAY)).startswith("letters with returned papers: 1;")
    (entry, _) = _entries(runtime)
    assert (entry.to_address[0], entry.has_letter) == ("2 Oak St", True)


def _entries(runtime: Runtime) -> list[pull_list.PullEntry]:
    with runtime.engine.connect() as connection:
        return pull_list.entries(connection)
