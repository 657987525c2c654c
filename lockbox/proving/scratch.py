"""A lockbox of a bench's own: a home and a database in a temporary folder, removed afterward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

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
