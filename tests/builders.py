"""Small builders of rows: a test names only what it is about, everything else has a sensible value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from stdnum.iso7064 import mod_97_10

from lockbox.policy import load_profile
from lockbox.settings import Settings
from ocr.reading import Candidate, DocumentKind, FieldReading, Name, Reading, to_json

DAY = date(2026, 11, 16)  # a Monday
SITE = "dallas"
ARRIVED = datetime(2026, 11, 16, 15, 0, tzinfo=UTC)  # 9 am in Dallas
WORKED = datetime(2026, 11, 16, 18, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 17, 1, 0, tzinfo=UTC)  # 7 pm in Dallas, past the cut-off
INSTALLMENT_CENTS = 41_250


def lender(connection: sa.Connection) -> None:
    """The reference lender with both sites, payees, policy and ledger accounts."""
    load_profile(connection, Settings().profile)


def contract(
    connection: sa.Connection, no: int = 1, charges: Sequence[tuple[str, int]] = (("installment", INSTALLMENT_CENTS),)
) -> int:
    """A loan of customer `no` owing these charges (kind, cents), opened in the ledger; gives the contract's id."""
    customer_id = _insert(
        connection,
        "customer",
        "customer_id",
        lender_id="meridian",
        customer_no=f"C{no}",
        name=f"Payer {no}",
        address="",
    )
    base = f"{10_000_000 + no}"
    contract_id = _insert(
        connection, "contract", "contract_id", lender_id="meridian",
        account_number=base + mod_97_10.calc_check_digits(base), customer_id=customer_id, product="loan", state="TX",
        installment_cents=INSTALLMENT_CENTS, due_day=15, opened_on=date(2025, 1, 15),
    )  # fmt: skip
    lines: list[tuple[str, int, int | None, int | None]] = []
    for charge_no, (kind, cents) in enumerate(charges, 1):
        charge_id = _insert(
            connection, "charge", "charge_id", contract_id=contract_id, charge_no=charge_no, kind=kind,
            due_on=date(2026, 11, 15), amount_cents=cents,
        )  # fmt: skip
        lines.append((f"receivable.{kind}", cents, contract_id, charge_id))
    lines.append(("equity.opening", -sum(cents for _, cents in charges), None, None))
    journal(connection, lines, source_kind="opening", source_key=f"contract/{contract_id}", site_id=None)
    return contract_id


def batch(
    connection: sa.Connection, no: str = "D001", site_id: str = SITE, day: date = DAY, envelopes: int = 1,
    documents: int = 1, declared_cents: int | None = None,
) -> int:  # fmt: skip
    """A captured batch; gives its id."""
    return _insert(
        connection, "batch", "batch_id", site_id=site_id, business_date=day, batch_no=no, box="650805",
        source_kind="folder", source_name=f"{site_id}/{day}/{no}", content_sha256=sha(f"{site_id}/{day}/{no}"),
        received_at=ARRIVED, effective_date=day, declared_envelopes=envelopes, declared_documents=documents,
        declared_cents=declared_cents, captured_at=ARRIVED,
    )  # fmt: skip


def item(
    connection: sa.Connection, batch_id: int, sequence: int = 1, envelope_no: int | None = None,
    front_sha256: str | None = None, carried: dict[str, Any] | None = None,
) -> int:  # fmt: skip
    """A document, alone in its envelope unless told; gives its id."""
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
    connection.execute(sa.text("insert into image values (:sha, 1000) on conflict do nothing"), {"sha": front})
    return _insert(
        connection, "item", "item_id", batch_id=batch_id, envelope_id=envelope_id, sequence=sequence,
        front_sha256=front, carried=json.dumps(carried) if carried else None,
    )  # fmt: skip


def decision(
    connection: sa.Connection, item_id: int, outcome: str = "post", amount_cents: int | None = INSTALLMENT_CENTS,
    lines: Sequence[tuple[int, int]] = (), reasons: Sequence[str] = (), kind: str = "check", version: int = 1,
    suspense_kind: str | None = None, maker: str = "engine", ranked: dict[str, Any] | None = None,
) -> int:  # fmt: skip
    """A decision with its lines (contract, cents); gives its id."""
    decision_id = _insert(
        connection, "decision", "decision_id", item_id=item_id, version=version, kind=kind, outcome=outcome,
        suspense_kind=suspense_kind, amount_cents=amount_cents, misread_ppm=120, reasons=list(reasons),
        ranked=json.dumps(ranked or {}), maker=maker, decided_at=WORKED,
    )  # fmt: skip
    for line_no, (contract_id, cents) in enumerate(lines, 1):
        _insert(
            connection, "decision_line", "line_no", decision_id=decision_id, line_no=line_no, contract_id=contract_id,
            amount_cents=cents,
        )  # fmt: skip
    return decision_id


def journal(
    connection: sa.Connection, lines: Sequence[tuple[str, int, int | None, int | None]], source_kind: str = "item",
    source_key: str = "", site_id: str | None = SITE, item_id: int | None = None, day: date = DAY,
    reverses: int | None = None,
) -> int:  # fmt: skip
    """A journal of (ledger account, cents, contract, charge) lines; gives its id."""
    journal_id = _insert(
        connection, "journal", "journal_id", source_kind=source_kind, source_key=source_key or f"item/{item_id}",
        site_id=site_id, item_id=item_id, business_date=day, effective_date=day, posted_at=WORKED, maker="engine",
        reverses=reverses,
    )  # fmt: skip
    _entries(connection, journal_id, lines)
    return journal_id


def reading(
    connection: sa.Connection, item_id: int, fields: dict[str, str] | None = None, kind: str = "check", **more: str
) -> int:
    """A reading with one sure candidate for each field; gives its id."""
    found = {
        name: FieldReading(Name(name), (Candidate(value, 0.999, "test"),))
        for name, value in ((fields or {}) | more).items()
    }
    seen = Reading(
        DocumentKind(kind),
        0.99,
        {Name(name): one for name, one in found.items()},
        dpi=200,
        duration_ms=80.0,
        readers="t1",
    )
    return _insert(
        connection, "reading", "reading_id", item_id=item_id, readers="t1", kind=kind, reading=to_json(seen),
        duration_ms=80.0, read_at=WORKED,
    )  # fmt: skip


def posted_check(
    connection: sa.Connection, item_id: int, contract_id: int, amount_cents: int, day: date = DAY, version: int = 1,
    maker: str = "engine",
) -> int:  # fmt: skip
    """A check decided and posted: to the contract's first charge as far as it is open, the rest unapplied."""
    lines = [(contract_id, amount_cents)]
    decision(connection, item_id, amount_cents=amount_cents, lines=lines, version=version, maker=maker)
    site_id = connection.execute(
        sa.text("select site_id from batch join item using (batch_id) where item_id = :item"), {"item": item_id}
    ).scalar_one()
    charge_id, kind, open_cents = connection.execute(
        sa.text(
            "select charge_id, kind, open_cents from charge_open where contract_id = :c order by charge_id limit 1"
        ),
        {"c": contract_id},
    ).one()
    applied = min(amount_cents, open_cents)
    entries: list[tuple[str, int, int | None, int | None]] = [(f"clearing.{site_id}", amount_cents, None, None)]
    if applied:
        entries.append((f"receivable.{kind}", -applied, contract_id, charge_id))
    if amount_cents > applied:
        entries.append(("suspense.unapplied", applied - amount_cents, contract_id, None))
    return journal(connection, entries, item_id=item_id, day=day, site_id=site_id)


def suspense_check(connection: sa.Connection, item_id: int, amount_cents: int, day: date = DAY) -> int:
    """A check deposited to suspense, nobody known."""
    decision(connection, item_id, "suspense", amount_cents, reasons=["account_unknown"], suspense_kind="unidentified")
    lines = [(f"clearing.{SITE}", amount_cents, None, None), ("suspense.unidentified", -amount_cents, None, None)]
    return journal(connection, lines, item_id=item_id, day=day)


def stages_done(
    connection: sa.Connection, scope: str, stages: Sequence[str] = ("ingest", "read", "decide", "post")
) -> None:
    """These stages of a scope have been committed."""
    for name in stages:
        _insert(
            connection, "stage_run", "fence", scope=scope, stage=name, fence=1, state="done", started_at=ARRIVED,
            finished_at=WORKED,
        )  # fmt: skip


def manifest(
    connection: sa.Connection, batches: Sequence[tuple[str, int, int]], site_id: str = SITE, day: date = DAY
) -> None:
    """The site's word on its day: (batch, envelopes, documents)."""
    listed = [{"batch": no, "envelopes": envelopes, "documents": documents} for no, envelopes, documents in batches]
    _insert(
        connection, "site_day", "1", site_id=site_id, business_date=day, batches=json.dumps(listed),
        noted_at=ARRIVED,
    )  # fmt: skip


def set_aside(connection: sa.Connection, batch_no: str, file: str, reason: str, site_id: str = SITE) -> None:
    """Something of a batch that could not be used."""
    _insert(
        connection, "set_aside", "set_aside_id", site_id=site_id, business_date=DAY, batch_no=batch_no, file=file,
        reason=reason, noted_at=ARRIVED,
    )  # fmt: skip


def sha(text: str) -> str:
    """64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _entries(
    connection: sa.Connection, journal_id: int, lines: Sequence[tuple[str, int, int | None, int | None]]
) -> None:
    """All lines in one statement: the database wants a journal's lines to balance at the end of each statement."""
    values = ", ".join(f"({journal_id}, {no}, :a{no}, :m{no}, :c{no}, :g{no})" for no in range(1, len(lines) + 1))
    parameters: dict[str, Any] = {}
    for no, (account, cents, contract_id, charge_id) in enumerate(lines, 1):
        parameters |= {f"a{no}": account, f"m{no}": cents, f"c{no}": contract_id, f"g{no}": charge_id}
    columns = "journal_id, line_no, account, amount_cents, contract_id, charge_id"
    connection.execute(sa.text(f"insert into entry ({columns}) values {values}"), parameters)


def _insert(connection: sa.Connection, table: str, returning: str, **values: Any) -> int:
    names = ", ".join(values)
    marks = ", ".join(f":{name}" for name in values)
    statement = sa.text(f"insert into {table} ({names}) values ({marks}) returning {returning}")
    return int(connection.execute(statement, values).scalar_one())
