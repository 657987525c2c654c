"""Small builders of rows: a test names only what it is about, everything else has a sensible value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from stdnum.iso7064 import mod_97_10

from lockbox import db
from lockbox.contract.master import Contract, ContractTerms, Customer, Master, Opening
from lockbox.contract.position import OpenBill, OpenFee, Position
from lockbox.contract.schedule import level
from lockbox.contract.terms import LEASE_ORDER, LOAN_ORDER, DayCount, LeaseTerms, Method, Product, Terms
from lockbox.lender.profile import load_profile
from lockbox.mail.noted_differences import note_differences
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope
from lockbox.servicing.load_master import load_master
from lockbox.settings import Settings
from ocr.reading import Candidate, DocumentKind, Field, FieldReading, Reading, to_json

DAY = date(2026, 11, 16)  # a Monday
EVE = date(2026, 11, 15)
SITE = "dallas"
ARRIVED = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)  # 9 am in Dallas
WORKED = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 17, 1, 0, tzinfo=UTC)  # 7 pm in Dallas, past the cut-off
INSTALLMENT_CENTS = 41_250


def lender(connection: sa.Connection) -> None:
    """The reference lender with both sites, payees, policy and ledger accounts."""
    load_profile(connection, Settings().profile)


def contract(
    connection: sa.Connection, no: int = 1, *, principal_cents: int = INSTALLMENT_CENTS, count: int = 22,
    terms: dict[str, Any] | None = None, **position: Any,
) -> int:  # fmt: skip
    """A loan of customer `no` at the end of the day before DAY; gives the contract's id.

    Of its `count` installments 21 are paid; the 22nd was due that day. So by default it owes one installment and
    nothing else. `position` and `terms` are fields of the position (`fee_cents` too) and of the terms.
    """
    made = loan(principal_cents=principal_cents, count=count, terms=terms, **position)
    return open_contract(connection, no, *made)


def loan(
    *, principal_cents: int = INSTALLMENT_CENTS, count: int = 22, terms: dict[str, Any] | None = None,
    fee_cents: int = 0, **position: Any,
) -> tuple[Terms, Position]:  # fmt: skip
    """What `contract` opens, as values."""
    fields: dict[str, Any] = {
        "version": 1, "valid_from": date(2025, 1, 15), "product": Product.LOAN, "state": "TX", "rate_ppm": 0,
        "day_count": DayCount.ACTUAL_365, "method": Method.DAILY, "order": LOAN_ORDER,
        "schedule": level(date(2025, 2, 15), 15, count, INSTALLMENT_CENTS),
    }  # fmt: skip
    fees = (OpenFee(EVE - timedelta(9), "fee/1", fee_cents),) if fee_cents else ()
    at: dict[str, Any] = {"paid_through": 21, "base_cents": principal_cents, "fees": fees}
    return Terms(**(fields | (terms or {}))), Position(EVE, principal_cents=principal_cents, **(at | position))


def lease(count: int = 36, paid_through: int = 21, **position: Any) -> tuple[Terms, Position]:
    """A lease whose 22nd rent was due the day before DAY and, by default, is the only one billed and open."""
    terms = Terms(
        version=1, valid_from=date(2025, 1, 15), product=Product.LEASE, state="TX", rate_ppm=0,
        day_count=DayCount.ACTUAL_365, method=Method.DAILY, order=LEASE_ORDER,
        schedule=level(date(2025, 2, 15), 15, count, INSTALLMENT_CENTS, tax_cents=2_578),
        lease=LeaseTerms(count, 900_000, 39_500, 30_000, 36_000, 20, 62_500),
    )  # fmt: skip
    bills = (OpenBill(22, EVE, INSTALLMENT_CENTS, 2_578),)
    at: dict[str, Any] = {"bills": bills, "billed_through": 22}
    return terms, Position(EVE, paid_through=paid_through, **(at | position))


def open_contract(connection: sa.Connection, no: int, terms: Terms, position: Position) -> int:
    """A contract of customer `no` taken over with these terms and this position; gives its id."""
    base = f"{10_000_000 + no}"
    number = base + mod_97_10.calc_check_digits(base)
    master = Master(
        "meridian",
        position.on,
        customers=(Customer(f"C{no}", f"Payer {no}", ("1 Elm St",)),),
        contracts=(Contract(number, f"C{no}", str(terms.product), terms.state, terms.valid_from, 1_500_000),),
        terms=(ContractTerms(number, terms),),
        openings=(Opening(number, position),),
        flags=(),
        payers=(),
    )
    load_master(connection, master, ARRIVED)
    contract_id = sa.text("select contract_id from contract where account_number = :number")
    return int(connection.execute(contract_id, {"number": number}).scalar_one())


def batch(
    connection: sa.Connection, no: str = "D001", site_id: str = SITE, day: date = DAY, envelopes: int = 1,
    documents: int = 1, declared_cents: int | None = None, effective_date: date | None = None,
    settles: Sequence[str] = (), box: str = "650805", captured_at: datetime = ARRIVED, received_at: datetime = ARRIVED,
) -> int:  # fmt: skip
    """A captured batch; gives its id."""
    return _insert(
        connection, "batch", "batch_id", site_id=site_id, business_date=day, batch_no=no, box=box,
        source_kind="folder", source_name=f"{site_id}/{day}/{no}", content_sha256=sha(f"{site_id}/{day}/{no}"),
        received_at=received_at, effective_date=effective_date or day, declared_envelopes=envelopes,
        declared_documents=documents, declared_cents=declared_cents, images=documents, settles=list(settles),
        captured_at=captured_at,
    )  # fmt: skip


def item(
    connection: sa.Connection, batch_id: int, sequence: int = 1, envelope_no: int | None = None,
    front_sha256: str | None = None, carried: dict[str, Any] | None = None, back_sha256: str | None = None,
) -> int:  # fmt: skip
    """A document, alone in its envelope by default; gives its id."""
    number = envelope_no or sequence
    connection.execute(
        sa.text("insert into envelope (batch_id, envelope_no) values (:batch, :no) on conflict do nothing"),
        {"batch": batch_id, "no": number},
    )
    envelope_id = connection.execute(
        sa.text("select envelope_id from envelope where batch_id = :batch and envelope_no = :no"),
        {"batch": batch_id, "no": number},
    ).scalar_one()
    front = front_sha256 or sha(f"{batch_id}/{sequence}")
    for sha256 in filter(None, (front, back_sha256)):
        connection.execute(sa.text("insert into image values (:sha, 1000) on conflict do nothing"), {"sha": sha256})
    return _insert(
        connection, "item", "item_id", batch_id=batch_id, envelope_id=envelope_id, sequence=sequence,
        front_sha256=front, back_sha256=back_sha256, carried=json.dumps(carried) if carried else None,
    )  # fmt: skip


def decision(
    connection: sa.Connection, item_id: int, outcome: str = "post", amount_cents: int | None = INSTALLMENT_CENTS,
    lines: Sequence[tuple[int, int]] = (), reasons: Sequence[str] = (), kind: str = "check", version: int = 1,
    suspense_kind: str | None = None, maker: str = "engine", ranked: dict[str, Any] | None = None,
    excess: str | None = None, day: date | None = None,
) -> int:  # fmt: skip
    """A decision with its lines (contract, cents), all with the payer's instruction; gives its id."""
    site, received, effective = connection.execute(
        sa.text(
            "select site_id, business_date, effective_date from batch join item using (batch_id) where item_id = :i"
        ),
        {"i": item_id},
    ).one()
    decision_id = _insert(
        connection, "decision", "decision_id", item_id=item_id, version=version, site_id=site,
        business_date=day or received, effective_date=effective, kind=kind, outcome=outcome,
        resolution_id=None if maker == "engine" else _final(connection, item_id, version - 1, reasons, maker),
        suspense_kind=suspense_kind, amount_cents=amount_cents, misread_ppm=120, reasons=list(reasons),
        ranked=json.dumps(ranked or {}), maker=maker, decided_at=WORKED,
    )  # fmt: skip
    for line_no, (contract_id, cents) in enumerate(lines, 1):
        _insert(
            connection, "decision_line", "line_no", decision_id=decision_id, line_no=line_no, contract_id=contract_id,
            amount_cents=cents, excess=excess,
        )  # fmt: skip
    return decision_id


def _final(connection: sa.Connection, item_id: int, seen: int, reasons: Sequence[str], person: str) -> int:
    """A resolution of a person that was made final."""
    role = connection.execute(sa.text("select current_setting('role')")).scalar_one()
    connection.execute(sa.text("set local role none"))
    number = _insert(
        connection, "resolution", "resolution_id", item_id=item_id, expected_version=seen, kind="check",
        outcome="file", lines="[]", reasons=[*reasons], needs_second=False, before_kind="check", maker=person,
        proposed_at=WORKED,
    )  # fmt: skip
    final = sa.text("insert into resolution_step values (:number, 1, 'final', 'engine', '', :at)")
    connection.execute(final, {"number": number, "at": WORKED})
    connection.execute(sa.text(f"set local role {role}"))
    return number


def journal(
    connection: sa.Connection, lines: Sequence[tuple[str, int, int | None]], source_kind: str = "item",
    source_key: str = "", site_id: str | None = SITE, item_id: int | None = None, day: date = DAY,
    reverses: int | None = None, credits: Sequence[tuple[int, int, int]] = (),
) -> int:  # fmt: skip
    """A journal of (ledger account, cents, contract) lines, crediting (contract, installment, cents); gives its id."""
    named = [dict(zip(("account", "amount_cents", "contract_id"), line, strict=True)) for line in lines]
    credited = [
        dict(zip(("contract_id", "installment_no", "amount_cents"), credit, strict=True)) | {"credited_on": str(day)}
        for credit in credits
    ]
    return int(
        connection.execute(
            sa.text("""
                select post_journal(:kind, :key, :site, :item, :day, :day, :at, 'engine', :reverses,
                    cast(:lines as jsonb), cast(:credits as jsonb))"""),
            {
                "kind": source_kind, "key": source_key or f"item/{item_id}", "site": site_id, "item": item_id,
                "day": day, "at": WORKED, "reverses": reverses, "lines": json.dumps(named),
                "credits": json.dumps(credited),
            },
        ).scalar_one()
    )  # fmt: skip


def reading(
    connection: sa.Connection, item_id: int, fields: dict[str, str] | None = None, kind: str = "check", **more: str
) -> int:
    """A reading with one sure candidate for each field; gives its id."""
    readings = {
        Field(name): FieldReading(Field(name), (Candidate(value, 0.999, "test"),))
        for name, value in ((fields or {}) | more).items()
    }
    document = Reading(DocumentKind(kind), 0.99, readings, dpi=200, duration_ms=80.0, readers="t1")
    return _insert(
        connection, "reading", "reading_id", item_id=item_id, readers="t1", kind=kind, reading=to_json(document),
        duration_ms=80.0, read_at=WORKED,
    )  # fmt: skip


def posted_check(
    connection: sa.Connection, item_id: int, contract_id: int, amount_cents: int, day: date = DAY, version: int = 1,
    maker: str = "engine",
) -> int:  # fmt: skip
    """A check decided and posted: to the contract's principal as far as it goes, the rest unapplied."""
    lines = [(contract_id, amount_cents)]
    decision(connection, item_id, amount_cents=amount_cents, lines=lines, version=version, maker=maker)
    site_id = connection.execute(
        sa.text("select site_id from batch join item using (batch_id) where item_id = :item"), {"item": item_id}
    ).scalar_one()
    principal_cents, no = connection.execute(
        sa.text("""
            select p.principal_cents, (
                select min(installment_no) from installment as i where i.contract_id = p.contract_id
            ) from position as p where p.contract_id = :c"""),
        {"c": contract_id},
    ).one()
    applied = min(amount_cents, principal_cents)
    entries: list[tuple[str, int, int | None]] = [(f"clearing.{site_id}", amount_cents, None)]
    if applied:
        entries.append(("receivable.principal", -applied, contract_id))
    if amount_cents > applied:
        entries.append(("suspense.unapplied", applied - amount_cents, contract_id))
    credits = [(contract_id, no, applied)] if applied else []
    return journal(connection, entries, item_id=item_id, day=day, site_id=site_id, credits=credits)


def suspense_check(connection: sa.Connection, item_id: int, amount_cents: int, day: date = DAY) -> int:
    """A check deposited to suspense, nobody known."""
    decision(connection, item_id, "suspense", amount_cents, reasons=["account_unknown"], suspense_kind="unidentified")
    lines = [(f"clearing.{SITE}", amount_cents, None), ("suspense.unidentified", -amount_cents, None)]
    return journal(connection, lines, item_id=item_id, day=day)


def stages_done(
    connection: sa.Connection, scope: object, stages: Sequence[str] = ("ingest", "read", "decide", "post")
) -> None:
    """These stages of a scope have been committed."""
    for name in stages:
        _insert(
            connection, "stage_run", "fence", scope=str(scope), stage=name, fence=1, state="done", started_at=ARRIVED,
            finished_at=WORKED,
        )  # fmt: skip


def closed_day(connection: sa.Connection, site_id: str = SITE, day: date = DAY) -> None:
    """A site day deposited and closed, without the tie-out; what its batches lack is on record."""
    state = "open_differences" if note_differences(connection, SiteDayScope(site_id, day), EVENING) else "in_balance"
    connection.execute(
        sa.text("""
            insert into day_close
            select :site, :day, jsonb_build_object(
                'documents', (select count(*) from item as i join batch as b using (batch_id)
                              where (b.site_id, b.business_date) = (:site, :day)),
                'deposit_cents', coalesce((select amount_cents from make_deposit(:site, :day, :at)), 0)),
                :at, :state"""),
        {"site": site_id, "day": day, "at": EVENING, "state": state},
    )


def manifest(
    connection: sa.Connection, batches: Sequence[tuple[str, int, int]], site_id: str = SITE, day: date = DAY
) -> None:
    """The site's word on its day: (batch, envelopes, documents)."""
    listed = [{"batch": no, "envelopes": envelopes, "documents": documents} for no, envelopes, documents in batches]
    _insert(
        connection, "site_day", "1", site_id=site_id, business_date=day, batches=json.dumps(listed),
        noted_at=ARRIVED,
    )  # fmt: skip


def set_aside(
    connection: sa.Connection, batch_no: str, file: str, reason: str, site_id: str = SITE, refused: str | None = None
) -> None:
    """Something of a batch that could not be used, or, where it is `refused`, a whole delivery."""
    _insert(
        connection, "set_aside", "set_aside_id", site_id=site_id, business_date=DAY, batch_no=batch_no, file=file,
        reason=reason, refused=refused, noted_at=ARRIVED,
    )  # fmt: skip


def sha(text: str) -> str:
    """64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _insert(connection: sa.Connection, table: str, returning: str, **values: Any) -> int:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    statement = sa.text(f"insert into {table} ({names}) values ({marks}) returning {returning}")
    return int(connection.execute(statement, values).scalar_one())


def altered(runtime: Runtime, statement: str) -> None:
    with db.engine(runtime.settings, owner=True).begin() as connection:
        connection.execute(sa.text(statement))
