"""A lockbox of a bench's own: a home and a database in a temporary folder, removed afterward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import sqlalchemy as sa

from lockbox import db
from lockbox.lender.profile import load_profile
from lockbox.settings import Settings


@contextmanager
def scratch(settings: Settings) -> Iterator[Settings]:
    """Settings of a running, migrated database that holds the profile and nothing else, below `settings.home`."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="lockbox-bench-", dir=settings.home) as home:
        own = settings.model_copy(update={"home": Path(home), "database_url": "", "inbox": None, "image_store": ""})
        db.start_server(own)
        try:
            db.migrate(own)
            with db.engine(own).begin() as connection:
                load_profile(connection, own.profile)
            yield own
        finally:
            for owner in (True, False):
                db.engine(own, owner=owner).dispose()
            db.stop_server(own)


@contextmanager
def copied(own: Settings, name: str) -> Iterator[Settings]:
    """Settings of a second database in the scratch server, a copy of the first as it is now."""
    for owner in (True, False):
        db.engine(own, owner=owner).dispose()  # a database with connections cannot be copied
    url = sa.make_url(db.database_url(own))
    admin = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"create database {name} template {url.database} strategy wal_log"))
    copy = own.model_copy(update={"database_url": url.set(database=name).render_as_string(hide_password=False)})
    yield copy
    for owner in (True, False):
        db.engine(copy, owner=owner).dispose()
