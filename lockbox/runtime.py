"""What the stages run with: settings, database, image store and key."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from lockbox import db
from lockbox.images import ImageStore
from lockbox.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the stages need: settings, database, image store, and the key that hides bank accounts."""

    settings: Settings
    engine: sa.Engine
    images: ImageStore
    key: bytes = field(repr=False)  # must not reach a log by way of a traceback


def open_runtime(settings: Settings | None = None) -> Runtime:
    """Opens what the settings name; the database must run and be migrated.

    Raises:
        SettingsError: the database does not run, the image store cannot be used, or the key is no key.
    """
    settings = settings or Settings()
    return Runtime(settings, db.engine(settings), ImageStore(settings.image_url), settings.token_key())
