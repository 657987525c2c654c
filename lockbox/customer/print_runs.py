"""Print runs, shell: what goes out on paper, in batches, each a PDF file and its manifest for the mail house."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa

from lockbox import db, telemetry
from lockbox.customer.mail_piece import NO_BARCODE, Mailer, MailPiece, mail_piece
from lockbox.customer.owner_letter import OwnerLetter
from lockbox.customer.owner_letters import load_letters, unprinted
from lockbox.customer.print_file import Paper, PrintFile, print_file
from lockbox.customer.rejection_letter import RejectionLetter
from lockbox.customer.rejections import load_rejections, unprinted_rejections
from lockbox.customer.statement import Statement
from lockbox.customer.statement_runs import StatementDiffers, load_statements
from lockbox.customer.stationery import mailer_on
from lockbox.files import write_whole
from lockbox.lender.dated_rules import rule_on
from lockbox.ops_events import note_alone, settle_all_but
from lockbox.parallel import fresh
from lockbox.runtime import Runtime
from lockbox.scopes import LenderDayScope
from lockbox.settings import Settings
from lockbox.stages import stage

STATEMENTS, LETTERS, REJECTIONS = "statements", "letters", "rejections"
PIECES = {
    STATEMENTS: ("print_piece", "statement_id"),
    LETTERS: ("letter_piece", "letter_id"),
    REJECTIONS: ("rejection_piece", "recipient_id"),
}
# Tracking numbers end in a serial number of their own: statements count up, letters down from the top, and letters with
# returned papers down from the middle of 6 digits and of 9.
MIDDLE_SERIAL = -500_500_000


@dataclass(frozen=True, slots=True)
class PrintRun:
    """The papers of one print run."""

    made_on: date
    run_no: int
    statement_ids: tuple[int, ...]
    mailer: Mailer
    kind: str = STATEMENTS

    @property
    def name(self) -> str:
        """The name of its files, without their endings."""
        return f"{self.kind}-{self.made_on}-{self.run_no:04d}"


@dataclass(frozen=True, slots=True)
class Printed:
    """What became of a batch. `wrong` names the statements that would now come out differently."""

    batch: PrintRun
    pieces: tuple[tuple[int, MailPiece], ...]  # (statement or letter, piece)
    pages: int
    pdf_sha256: str
    wrong: tuple[tuple[int, str], ...]  # (statement, why)


@dataclass(frozen=True, slots=True)
class PrintDay:
    """What kind of letters is printed for which day, and when."""

    kind: str
    made_on: date
    as_of: datetime


def print_statements(runtime: Runtime, lender_id: str, made_on: date, as_of: datetime) -> str:
    """Prints each statement up to a day that goes out on paper, once, into home/outbox/print/.

    A run's files are complete when `<name>.done` is beside them, which is written after the run is in the database:
    the mail house takes nothing else. A run that a crash interrupted is made again, byte for byte.

    Raises:
        SettingsError: a rule has no value.
        Fenced: a newer attempt took over.
    """
    finish_runs(runtime, as_of)
    runs = pieces = pages = 0
    prefix, differing = f"print/{lender_id}/", []  # scopes of events
    scope = LenderDayScope(lender_id, made_on)
    with stage(runtime.engine, scope, "print", as_of) as connection:
        batches = _batches(connection, lender_id, made_on)
        for printed in _printed(runtime, batches):
            for statement_id, why in printed.wrong:
                differing.append(f"{prefix}{statement_id}")
                note_alone(runtime.engine, "error", "print", differing[-1], why, as_of)
            if printed.pieces:
                _keep(connection, printed, as_of)
                runs += 1
                pieces += len(printed.pieces)
                pages += printed.pages
        settle_all_but(connection, "print", differing, as_of, within=prefix)
        telemetry.count(runs=runs, pieces=pieces, pages=pages)
    finish_runs(runtime, as_of)
    remark = "" if all(batch.mailer.is_known for batch in batches) else f"; {NO_BARCODE}"
    return f"{lender_id} {made_on}: {runs} print runs, {pieces} pieces, {pages} pages{remark}"


def print_letters(runtime: Runtime, lender_id: str, made_on: date, as_of: datetime) -> str:
    """Prints each letter to an owner of unclaimed money, once, in one run; what was claimed meanwhile gets none.

    Gives "" where there was none to print.

    Raises:
        SettingsError: a rule has no value.
        Fenced: a newer attempt took over.
    """
    with stage(runtime.engine, LenderDayScope(lender_id, made_on), LETTERS, as_of) as connection:
        letters = load_letters(connection, (ids := unprinted(connection, lender_id, made_on)))
        papers = [(letter_id, letters[letter_id], f"letter/{letter_id}", -letter_id) for letter_id in ids]
        pieces = _print_letters(runtime, connection, lender_id, PrintDay(LETTERS, made_on, as_of), papers)
    finish_runs(runtime, as_of)
    return f"letters about unclaimed money: {pieces}" if pieces else ""


def print_rejections(runtime: Runtime, lender_id: str, made_on: date, as_of: datetime) -> str:
    """Prints the letters that go with papers that are returned, each once, in one run; "" where there was none.

    Raises:
        SettingsError: a rule has no value.
        Fenced: a newer attempt took over.
    """
    with stage(runtime.engine, LenderDayScope(lender_id, made_on), REJECTIONS, as_of) as connection:
        letters = load_rejections(connection, (ids := unprinted_rejections(connection, lender_id, made_on)))
        papers = [(no, letters[no], f"rejection/{no}", MIDDLE_SERIAL - no) for no in ids]
        pieces = _print_letters(runtime, connection, lender_id, PrintDay(REJECTIONS, made_on, as_of), papers)
    finish_runs(runtime, as_of)
    return f"letters with returned papers: {pieces}" if pieces else ""


def _print_letters(
    runtime: Runtime,
    connection: sa.Connection,
    lender_id: str,
    day: PrintDay,
    papers: Sequence[tuple[int, OwnerLetter | RejectionLetter, str, int]],
) -> int:
    """Prints letters, each with its number, key, and serial number, in one run; gives how many."""
    if not papers:
        return 0
    mailer = mailer_on(connection, lender_id, day.made_on)
    run = PrintRun(day.made_on, _next_run(connection, day.made_on), (), mailer, day.kind)
    pieces = [
        (paper_id, mail_piece(at, key, serial, mailer, letter.recipient.name, letter.recipient.address_lines))
        for at, (paper_id, letter, key, serial) in enumerate(papers, 1)
    ]
    drawn = [(letter, piece) for (_, letter, _, _), (_, piece) in zip(papers, pieces, strict=True)]
    file = print_file(run.name, papers[0][1].sender.name, drawn)
    write(folder_of(runtime.settings), run.name, file)
    _keep(connection, Printed(run, tuple(pieces), file.pages, _sha256(file.pdf), ()), day.as_of)
    telemetry.count(pieces=len(pieces), pages=file.pages)
    return len(pieces)


def finish_runs(runtime: Runtime, as_of: datetime) -> None:
    """Marks the files of runs that are in the database as complete; makes missing ones again.

    One that comes out otherwise than before, because the wording changed since, is an event that names it.
    """
    folder = folder_of(runtime.settings)
    done = {path.stem for path in folder.glob("*.done")} if folder.is_dir() else set()
    with runtime.engine.connect() as connection:
        for run in connection.execute(sa.text("select * from print_run order by print_run_id")).mappings():
            name = f"{run['kind']}-{run['made_on']}-{run['run_no']:04d}"
            if name in done:
                continue
            pdf = folder / f"{name}.pdf"
            if not pdf.exists() or _sha256(pdf.read_bytes()) != run["pdf_sha256"]:
                made_again = _remake(runtime, connection, run, name)
                if made_again != run["pdf_sha256"]:
                    message = (
                        f"{name}.pdf was lost and is made again in other words or another layout than on "
                        f"{run['made_at']:%Y-%m-%d}: SHA-256 {made_again[:12]}, was {run['pdf_sha256'][:12]}; "
                        "the amounts are the same"
                    )
                    note_alone(runtime.engine, "warning", "reprint", f"print/run/{name}", message, as_of)
            (folder / f"{name}.done").touch()


def folder_of(settings: Settings) -> Path:
    """The folder of the print files."""
    return settings.outbox_path / "print"


def print_batch(settings: Settings, batch: PrintRun) -> Printed:
    """Derives, draws and writes one batch; may run in a process of its own."""
    engine = db.engine(settings)
    wrong: list[tuple[int, str]] = []
    papers: list[tuple[int, Statement, MailPiece]] = []
    with engine.connect() as connection:
        for derived in load_statements(connection, batch.statement_ids):
            if isinstance(derived, StatementDiffers):
                wrong.append((derived.statement_id, str(derived)))
                continue
            statement, statement_id = derived.statement, derived.row["statement_id"]
            to = statement.recipient
            piece = mail_piece(len(papers) + 1, _key(statement), statement_id, batch.mailer, to.name, to.address_lines)
            papers.append((statement_id, statement, piece))
    if not papers:
        return Printed(batch, (), 0, "", tuple(wrong))
    file = print_file(batch.name, papers[0][1].sender.name, ((statement, piece) for _, statement, piece in papers))
    write(folder_of(settings), batch.name, file)
    pieces = tuple((statement_id, piece) for statement_id, _, piece in papers)
    return Printed(batch, pieces, file.pages, _sha256(file.pdf), tuple(wrong))


def write(folder: Path, name: str, file: PrintFile) -> None:
    """PDF and manifest, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(folder / f"{name}.pdf", file.pdf, tidy=True)
    write_whole(folder / f"{name}.csv", file.manifest.encode())


def _batches(connection: sa.Connection, lender_id: str, made_on: date) -> list[PrintRun]:
    size = rule_on(connection, lender_id, "print.pieces", made_on)
    mailer = mailer_on(connection, lender_id, made_on)
    rows = db.rows(connection, "statements/unprinted", lender_id=lender_id, made_on=made_on)
    unprinted = [row["statement_id"] for row in rows]
    first = _next_run(connection, made_on)
    chunks = [tuple(unprinted[at : at + size]) for at in range(0, len(unprinted), size)]
    return [PrintRun(made_on, first + no, statement_ids, mailer) for no, statement_ids in enumerate(chunks)]


def _next_run(connection: sa.Connection, made_on: date) -> int:
    statement = sa.text("select coalesce(max(run_no), 0) + 1 from print_run where made_on = :day")
    return int(connection.execute(statement, {"day": made_on}).scalar_one())


def _printed(runtime: Runtime, batches: Sequence[PrintRun]) -> Iterator[Printed]:
    workers = min(runtime.settings.workers, len(batches))
    if workers < 2:
        for batch in batches:
            yield print_batch(runtime.settings, batch)
        return
    with fresh(workers) as pool:
        for job in [pool.submit(print_batch, runtime.settings, batch) for batch in batches]:
            yield job.result()


def _keep(connection: sa.Connection, printed: Printed, as_of: datetime) -> None:
    run_id = connection.execute(
        sa.text("""
            insert into print_run (kind, made_on, run_no, pieces, pages, pdf_sha256, made_at)
            values (:kind, :made_on, :run_no, :pieces, :pages, :sha256, :as_of) returning print_run_id"""),
        {
            "kind": printed.batch.kind,
            "made_on": printed.batch.made_on,
            "run_no": printed.batch.run_no,
            "pieces": len(printed.pieces),
            "pages": printed.pages,
            "sha256": printed.pdf_sha256,
            "as_of": as_of,
        },
    ).scalar_one()
    table, paper = PIECES[printed.batch.kind]
    with db.copy_into(connection, table, (paper, "print_run_id", "piece_no", "tracking", "routing")) as rows:
        rows.extend(
            (paper_id, run_id, piece.piece_no, piece.tracking or None, piece.routing or None)
            for paper_id, piece in printed.pieces
        )


def _remake(runtime: Runtime, connection: sa.Connection, run: sa.RowMapping, name: str) -> str:
    """The files of a run that is in the database, from its pieces; gives the PDF's digest.

    Raises:
        ConflictError: a statement would come out differently now.
    """
    table, paper = PIECES[run["kind"]]
    rows = connection.execute(
        sa.text(f"select {paper} as paper_id, * from {table} where print_run_id = :run order by piece_no"),
        {"run": run["print_run_id"]},
    ).all()
    papers = _papers(connection, run["kind"], [row.paper_id for row in rows])
    ordered: list[tuple[Paper, MailPiece]] = []
    for row in rows:
        again, key = papers[row.paper_id]
        to = again.recipient
        numbers = (row.tracking or "", row.routing or "")
        ordered.append((again, MailPiece(row.piece_no, key, to.name, to.address_lines, *numbers)))
    file = print_file(name, ordered[0][0].sender.name, ordered)
    write(folder_of(runtime.settings), name, file)
    return _sha256(file.pdf)


def _papers(connection: sa.Connection, kind: str, paper_ids: Sequence[int]) -> dict[int, tuple[Paper, str]]:
    """Number -> (paper, its natural key)."""
    if kind == LETTERS:
        return {no: (letter, f"letter/{no}") for no, letter in load_letters(connection, paper_ids).items()}
    if kind == REJECTIONS:
        return {no: (letter, f"rejection/{no}") for no, letter in load_rejections(connection, paper_ids).items()}
    papers: dict[int, tuple[Paper, str]] = {}
    for derived in load_statements(connection, paper_ids):
        if isinstance(derived, StatementDiffers):
            raise derived
        papers[derived.row["statement_id"]] = derived.statement, _key(derived.statement)
    return papers


def _key(statement: Statement) -> str:
    """The natural key of a paper."""
    return f"statement/{statement.recipient.account_number}/{statement.due_on}"


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
