"""sql/checks: a healthy day has no findings; each kind of damage fails the check made for it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.checks import check_infos, run_checks
from lockbox.settings import Settings
from tests.builders import ledger as make

Damage = Callable[[sa.Connection], None]


@pytest.fixture
def healthy(settings: Settings) -> sa.Engine:
    """A posted day at Dallas: one check posted in full, one partly unapplied, one in suspense, one in review."""
    engine = db.engine(settings, owner=True)
    with engine.begin() as connection:
        make.lender(connection)
        first, second = make.contract(connection, 1), make.contract(connection, 2)
        batch_id = make.batch(connection, envelopes=4, documents=5)
        make.posted_check(connection, make.item(connection, batch_id, 1), first, make.INSTALLMENT_CENTS)
        make.posted_check(connection, make.item(connection, batch_id, 2), second, make.INSTALLMENT_CENTS + 5_000)
        make.suspense_check(connection, make.item(connection, batch_id, 3), 20_000)
        in_review = make.item(connection, batch_id, 4)
        make.decision(connection, in_review, "review", None, reasons=["amount_unread"])
        make.decision(connection, make.item(connection, batch_id, 5, envelope_no=1), "support", None, kind="coupon")
        make.reading(connection, in_review, bank_account="••••4321")
        make.stages_done(connection, "dallas/2026-11-16/D001")
        make.manifest(connection, [("D001", 4, 5)])
    return engine


def test_a_healthy_day_has_no_findings(healthy: sa.Engine) -> None:
    with healthy.begin() as connection:
        assert [str(finding) for finding in run_checks(connection)] == []


def _sql(statement: str) -> Damage:
    def damage(connection: sa.Connection) -> None:
        connection.execute(sa.text(statement))

    return damage


def _reject_posted(connection: sa.Connection) -> None:
    item_id = connection.execute(sa.text("select min(item_id) from journal")).scalar_one()
    make.decision(connection, item_id, "reject", make.INSTALLMENT_CENTS, reasons=["stale"], version=2)


def _mail_posted(connection: sa.Connection) -> None:
    """The paper of a posted check left."""
    item_id = connection.execute(sa.text("select min(item_id) from journal")).scalar_one()
    connection.execute(
        sa.text("""
            with entry as (
                insert into pull_entry (item_id, action, decision_id, reasons, asked_by, asked_at)
                select d.item_id, 'return', d.decision_id, array['stale'], 'ann', d.decided_at
                from decision as d where d.item_id = :item
                returning entry_no, asked_at
            )
            insert into pull_step select entry_no, 1, 'confirmed', 'bob', '', asked_at from entry"""),
        {"item": item_id},
    )


def _reverse(connection: sa.Connection) -> None:
    """A reversal that does not mirror its journal."""
    row = connection.execute(sa.text("select min(journal_id) as j from journal where source_kind = 'item'")).one()
    lines = [("clearing.dallas", -1, None), ("suspense.unidentified", 1, None)]
    make.journal(connection, lines, source_kind="reversal", source_key=f"reversal/{row.j}", reverses=row.j)


def _deposit(connection: sa.Connection) -> None:
    """A deposit recorded one cent higher than its journal."""
    lines = [("bank.deposits", 107_500, None), ("clearing.dallas", -107_500, None)]
    journal_id = make.journal(connection, lines, source_kind="deposit", source_key="dallas/2026-11-16")
    connection.execute(
        sa.text("""
            insert into deposit (site_id, business_date, items, amount_cents, journal_id, made_at)
            values ('dallas', '2026-11-16', 3, 107501, :journal, now())"""),
        {"journal": journal_id},
    )
    connection.execute(sa.text("insert into deposit_item select item_id, 1 from journal where source_kind = 'item'"))


def _decide_again(connection: sa.Connection) -> None:
    """A person raises the amount of a posted check; the journal is not reversed."""
    item_id = connection.execute(sa.text("select min(item_id) from journal")).scalar_one()
    contract_id = connection.execute(sa.text("select min(contract_id) from contract")).scalar_one()
    make.decision(connection, item_id, amount_cents=50_000, lines=[(contract_id, 50_000)], version=2, maker="kim")


def _overpay(connection: sa.Connection) -> None:
    """A contract credited with more than was due; its balances were not updated."""
    contract_id = connection.execute(sa.text("select min(contract_id) from contract")).scalar_one()
    lines = [("equity.opening", 1, None), ("receivable.principal", -1, contract_id)]
    make.journal(connection, lines, source_kind="opening", source_key="again", site_id=None)


def _two_fees(connection: sa.Connection) -> None:
    connection.execute(sa.text("drop index late_fee_stands"))
    connection.execute(
        sa.text("""
            insert into late_fee (contract_id, installment_no, charged_on, amount_cents, journal_id)
            select i.contract_id, i.installment_no, date '2026-11-16', 1500, 1
            from installment as i, generate_series(1, 2) as n where i.contract_id = 1""")
    )


def _change_history(connection: sa.Connection) -> None:
    """A sealed day, and one letter of a journal's maker changed afterwards."""
    connection.execute(sa.text("select seal_ledger('2026-11-16')"))
    connection.execute(sa.text("update journal set maker = 'Engine' where journal_id = 3"))


def _adjust_without_cause(connection: sa.Connection) -> None:
    """A manual journal labeled as an adjustment."""
    lines = [("receivable.fee", -100, 1), ("income.fee", 100, 1)]
    make.journal(connection, lines, source_kind="adjustment", source_key="because/0/I say so", site_id=None)


def _post_twice(connection: sa.Connection) -> None:
    item_id = connection.execute(sa.text("select min(item_id) from journal")).scalar_one()
    lines = [("clearing.dallas", 100, None), ("suspense.unidentified", -100, None)]
    make.journal(connection, lines, item_id=item_id, source_key="the same again")


def _leak(connection: sa.Connection) -> None:
    item_id = connection.execute(sa.text("select max(item_id) from item")).scalar_one()
    make.reading(connection, item_id, bank_account="1234567890")


CLOSE = (
    "insert into day_close values ('dallas', '2026-11-16',"
    " '{\"documents\"\\: 5, \"deposit_cents\"\\: 0}', '2026-11-17 01\\:00+00', 'in_balance')"
)
MISSING = (
    "update batch set declared_documents = 6; insert into difference (site_id, business_date, batch_no, kind, declared,"
    " counted, text, noted_at) values ('dallas', '2026-11-16', 'D001', 'documents', 6, 5, '1 missing', '2026-11-16')"
)
REFUND = """
    insert into refund (contract_id, payee_kind, payee_name, payee_address, method, made_by, made_at)
    values (1, 'customer', 'Payer 1', array['1 Elm St'], 'check', 'night', now());
    insert into refund_state (
        refund_no, step, state, amount_cents, maker, checker, taken_by, taken_on, taken_at, journal_id
    ) values (1, 1, {}, 1, 'night', {}, 'bo', '2026-11-16', now(), {})"""
PAID = "account = 'receivable.principal' and amount_cents < 0"
DAMAGE: dict[str, tuple[Damage, set[str]]] = {
    "zero line": (
        _sql("update entry set amount_cents = amount_cents + 1 where account = 'suspense.unidentified'"),
        {"i01_journal_balances", "i02_ledger_balances", "i07_suspense_items"},
    ),
    "half a reversal": (_reverse, {"i03_reversals_mirror"}),
    "an adjustment by hand": (_adjust_without_cause, {"i03_adjustments_name_their_cause"}),
    "posted twice": (_post_twice, {"i04_one_journal_per_item"}),
    "rejected and posted": (_reject_posted, {"i05_unaccepted_not_posted"}),
    "posted and mailed": (_mail_posted, {"i05_unaccepted_not_posted"}),
    "decided again": (_decide_again, {"i06_batch_ties", "i06_item_amounts", "i08_allocation_adds_up"}),
    "other site": (_sql("update journal set site_id = 'richardson' where item_id is not null"), {"i06_item_amounts"}),
    "posted under a control that does not hold": (
        _sql("insert into failing_control select batch_id, 'record 14', 1, 2, '' from batch"),
        {"held_items_wait"},
    ),
    "other than the file's": (
        _sql("""update item set carried = '{"amount_cents"\\: 1}' where sequence = 1"""),
        {"i06_carried_amounts"},
    ),
    "closed without deposit": (_sql(CLOSE), {"i07_clearing_zero", "i07_deposit_items"}),
    "deposit off by a cent": (_deposit, {"i07_deposit_items"}),
    "suspense without an item": (
        _sql(f"update entry set account = 'suspense.unidentified' where {PAID}"),
        {"i07_suspense_items", "i08_positions_match"},
    ),
    "on the wrong account": (
        _sql(f"update entry set account = 'receivable.rent' where {PAID}"),
        {"i08_entries_in_place"},
    ),
    "credited elsewhere": (
        _sql("update entry set contract_id = 1 where contract_id = 2 and amount_cents < 0"),
        {"i08_allocation_adds_up", "i08_positions_match"},
    ),
    "paid beyond": (_overpay, {"i08_positions_match"}),
    "credit changed": (
        _sql("update installment set credited_cents = credited_cents - 1 where credited_cents > 0"),
        {"i08_installments_match"},
    ),
    "refund of nothing": (_sql(REFUND.format("'proposed'", "null", "null")), {"i07_refunds"}),
    "refund issued and not paid": (_sql(REFUND.format("'issued'", "'bo'", "1")), {"i07_refunds"}),
    "refund paid and not issued": (
        _sql("update entry set account = 'payable.refund_outstanding' where account = 'suspense.unapplied'"),
        {"i07_refunds"},
    ),
    "two late fees": (_two_fees, {"i12_one_late_fee"}),
    "history changed": (_change_history, {"i14_chain"}),
    "account leaked": (_leak, {"i16_bank_accounts_masked"}),
    "item undecided": (_sql("delete from decision where outcome = 'support'"), {"decisions_complete"}),
    "line changed": (
        _sql("update decision_line set amount_cents = amount_cents - 1 where line_no = 1"),
        {"decisions_complete", "i08_allocation_adds_up"},
    ),
    "not posted": (
        _sql(
            "delete from entry where journal_id = (select max(journal_id) from journal);"
            "delete from journal where journal_id = (select max(journal_id) from journal)"
        ),
        {"accepted_are_posted", "i06_batch_ties"},
    ),
    "document lost": (_sql(f"update batch set declared_documents = 6; {CLOSE}"), {"control_totals"}),
    "batch of the manifest lost": (
        _sql(
            """update site_day set batches = batches || '{"batch"\\: "D002", "envelopes"\\: 1, "documents"\\: 1}';"""
            + CLOSE
        ),
        {"control_totals"},
    ),
    "batch not announced": (_sql(f"update site_day set batches = '[]'; {CLOSE}"), {"control_totals"}),
    "image lost": (_sql(f"update batch set declared_images = 11; {CLOSE}"), {"control_totals"}),
    "cent lost": (_sql(f"update batch set declared_cents = 1; {CLOSE}"), {"control_totals"}),
    "delivery refused": (
        _sql(
            "insert into set_aside (site_id, business_date, batch_no, file, reason, refused, noted_at) values"
            f" ('dallas', '2026-11-16', 'D009', 'index.csv', 'empty', 'unusable', '2026-11-16'); {CLOSE}"
        ),
        {"control_totals"},
    ),
    "in balance with a difference": (_sql(f"{MISSING}; {CLOSE}"), {"control_totals"}),
    "accepted by nobody": (
        _sql(f"{MISSING}; {CLOSE.replace('in_balance', 'differences_accepted')}"),
        {"control_totals"},
    ),
    "found twice": (
        _sql(
            f"{MISSING}; {CLOSE.replace('in_balance', 'open_differences')};"
            "insert into difference_settlement select difference_id, batch_id, 2, noted_at from difference, batch"
        ),
        {"control_totals"},
    ),
    "close promised more": (
        _sql(CLOSE.replace("5", "7", 1)),
        {"closed_days_stand"},
    ),
}


def test_what_is_missing_by_name_is_no_finding(healthy: sa.Engine) -> None:
    with healthy.begin() as connection:
        connection.execute(sa.text("set session_replication_role = replica"))
        connection.execute(sa.text(f"{MISSING}; {CLOSE.replace('in_balance', 'open_differences')}"))
        findings = {finding.check for finding in run_checks(connection)}
        connection.rollback()
    assert "control_totals" not in findings


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found(healthy: sa.Engine, name: str) -> None:
    damage, expected = DAMAGE[name]
    with healthy.begin() as connection:
        connection.execute(sa.text("set session_replication_role = replica"))  # triggers off: the worst case
        damage(connection)
        failed_checks = {finding.check for finding in run_checks(connection)}
        failed_on_day = {finding.check for finding in run_checks(connection, since=make.DAY)}
        connection.rollback()
    assert expected <= failed_checks
    assert expected - {"i14_chain"} <= failed_on_day  # a day's run verifies the seals before the day


def test_every_check_has_a_damage_that_it_finds() -> None:
    proved = set().union(*(expected for _, expected in DAMAGE.values()))
    assert proved == {about.check for about in check_infos()}


def test_every_check_says_what_it_verifies() -> None:
    for about in check_infos():
        assert about.title.endswith("."), about.check
        number = about.check[1:3]
        assert not number.isdigit() or f"I{int(number)}" in about.rules, about.check
