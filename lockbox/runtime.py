"""The runtime of the stages: settings, database, image store and key."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from lockbox import db
from lockbox.images import ImageStore
from lockbox.settings import Settings


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, database, image store, and the key that turns bank accounts into tokens."""

    settings: Settings
    engine: sa.Engine
    images: ImageStore
    key: bytes = field(repr=False)  # must not reach a log through a traceback


def open_runtime(settings: Settings | None = None) -> Runtime:
    """Opens what the settings name; the database must be running and migrated.

    Raises:
        SettingsError: the database is not running, the image store cannot be used, or the key is not valid.
    """
    settings = settings or Settings()
    return Runtime(settings, db.engine(settings), ImageStore(settings.image_url), settings.token_key())
