"""Print runs: what is left for paper is printed once, and files that were lost are made again to the byte."""

from __future__ import annotations

from hashlib import sha256

import pytest
import sqlalchemy as sa

from lockbox.customer import letterhead, service, statement_pdf
from lockbox.customer.print_runs import finish_runs, folder_of
from lockbox.runtime import Runtime
from tests.builders.statements import MADE, after, run_to, three_contracts


@pytest.fixture
def portfolio(runtime: Runtime) -> list[int]:
    """A loan that is past due with a fee, a lease, and a loan whose customer agreed to electronic statements."""
    return three_contracts(runtime)


@pytest.mark.usefixtures("portfolio")
def test_electronic_by_consent_with_a_notice_and_on_paper_when_it_bounces(runtime: Runtime) -> None:
    lines = run_to(runtime, MADE)
    assert "1 statement_ready" in lines[2]
    with runtime.engine.begin() as connection:
        deliveries = connection.execute(sa.text("select contract_id, delivery from statement order by 1")).all()
        connection.execute(
            sa.text("""
                insert into statement_fallback
                select statement_id, :at, 'bounced' from statement where delivery = 'electronic'"""),
            {"at": after(MADE)},
        )
    assert [row.delivery for row in deliveries] == ["paper", "paper", "electronic"]
    with runtime.engine.begin() as connection:
        kept = connection.execute(sa.text("select tracking from print_piece")).scalars()
        assert set(kept) == {None}  # the reference lender has no mailer id
        mailer = '{"barcode_id": "00", "service_type": "270", "mailer_id": "123456"}'
        connection.execute(sa.text("update policy set value = :v where rule = 'mail.barcode'"), {"v": mailer})
    assert "NO BARCODE: mail.barcode has no mailer id" in lines[1]
    later = service.print_runs(runtime, MADE, after(MADE))
    assert later.endswith("1 print runs, 1 pieces, 2 pages")
    with runtime.engine.connect() as connection:
        kept = connection.execute(sa.text("select tracking from print_piece where tracking is not null")).scalars()
        assert [tracking[:11] for tracking in kept] == ["00270123456"]


@pytest.mark.usefixtures("portfolio")
def test_print_files_that_were_lost_are_made_again_to_the_byte(runtime: Runtime) -> None:
    run_to(runtime, MADE)
    folder = folder_of(runtime.settings)
    names = sorted(path.name for path in folder.iterdir())
    assert [name.partition(".")[2] for name in names] == ["csv", "done", "pdf"]
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    for path in list(folder.iterdir()):
        path.unlink()
    finish_runs(runtime, after(MADE))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.usefixtures("portfolio")
def test_a_file_that_is_made_again_in_other_words_is_an_event_that_names_it(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The statement is the same by its content; what the mail house may have got says it in the old words."""
    run_to(runtime, MADE)
    (pdf,) = folder_of(runtime.settings).glob("*.pdf")
    before = pdf.read_bytes()
    for path in (pdf, pdf.with_suffix(".done")):
        path.unlink()
    monkeypatch.setattr(statement_pdf, "FOOT", statement_pdf.FOOT - 40)
    monkeypatch.setattr(letterhead, "LEFT", letterhead.LEFT + 1)
    finish_runs(runtime, after(MADE))
    assert pdf.read_bytes() != before
    assert pdf.with_suffix(".done").exists()
    with runtime.engine.connect() as connection:
        (event,) = connection.execute(sa.text("select * from ops_event where kind = 'reprint'")).mappings()
    assert event["scope"] == f"print/run/{pdf.stem}"
    assert (
        f"SHA-256 {sha256(pdf.read_bytes()).hexdigest()[:12]}, was {sha256(before).hexdigest()[:12]}"
        in event["message"]
    )
    finish_runs(runtime, after(MADE))  # nothing more to tell


@pytest.mark.usefixtures("portfolio")
def test_a_file_of_other_content_is_made_again(runtime: Runtime) -> None:
    run_to(runtime, MADE)
    (pdf,) = folder_of(runtime.settings).glob("*.pdf")
    whole = pdf.read_bytes()
    pdf.write_bytes(whole[:100])  # cut off by a crash before it was marked as complete
    pdf.with_suffix(".done").unlink()
    finish_runs(runtime, after(MADE))
    assert pdf.read_bytes() == whole
