"""The embedded server has our settings from its first start on."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from lockbox import db
from lockbox.errors import SettingsError
from lockbox.settings import Settings


def test_the_embedded_server_runs_with_our_settings(settings: Settings) -> None:
    with db.engine(settings).connect() as connection:
        for line in db.TUNING.read_text().splitlines():
            name, _, value = line.partition("#")[0].partition("=")
            if value:
                assert connection.execute(sa.text(f"show {name}")).scalar_one() == value.strip()


def test_settings_are_written_once(server: Settings) -> None:
    db.start_server(server)
    db.start_server(server)
    assert (server.database_path / "postgresql.conf").read_text().count("lockbox.conf") == 1


def test_a_rule_missing_in_sql_is_a_settings_error(settings: Settings) -> None:
    missing = (
        "do $$ begin raise exception 'no rule for % on %', 'TX', date '2026-11-16' using errcode = 'LB003'; end $$"
    )
    with (
        db.engine(settings).connect() as connection,
        pytest.raises(SettingsError, match=r"^no rule for TX on 2026-11-16$"),
    ):
        connection.exec_driver_sql(missing.replace("%", "%%"))
    with db.engine(settings).connect() as connection, pytest.raises(sa.exc.ProgrammingError):
        connection.execute(sa.text("select * from nowhere"))


def test_sql_is_installed_where_the_database_has_another(settings: Settings) -> None:
    """A verb finds its own SQL there and installs nothing; after an upgrade it installs all of it."""
    there = sa.text("select to_regprocedure('accrued_cents(bigint)') is not null")
    with db.engine(settings, owner=True).begin() as connection:
        connection.execute(sa.text("drop function accrued_cents(bigint)"))
    db.migrate(settings)
    with db.engine(settings, owner=True).begin() as connection:
        assert not connection.execute(there).scalar()
        connection.execute(sa.text("comment on table alembic_version is 'the SQL of an earlier version'"))
    for _ in range(2):
        db.migrate(settings)
        with db.engine(settings, owner=True).begin() as connection:
            assert connection.execute(there).scalar()
