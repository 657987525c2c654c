"""An open lockbox: settings, database, image store and key; scopes, notices."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import sqlalchemy as sa

from lockbox import db
from lockbox.errors import InputError
from lockbox.images import ImageStore
from lockbox.intake import ready_batches
from lockbox.settings import Settings


@dataclass(frozen=True, slots=True)
class Lockbox:
    """What the stages need: settings, database, image store, and the key that hides bank accounts."""

    settings: Settings
    engine: sa.Engine
    images: ImageStore
    key: bytes = field(repr=False)  # must not reach a log by way of a traceback


def open_lockbox(settings: Settings | None = None) -> Lockbox:
    """Opens what the settings name; the database must run and be migrated.

    Raises:
        SettingsError: the database does not run, the image store cannot be used, or the key is no key.
    """
    settings = settings or Settings()
    return Lockbox(settings, db.engine(settings), ImageStore(settings.image_url), settings.token_key())


def notice(box: Lockbox, severity: str, kind: str, scope: str, message: str, at: datetime) -> None:
    """Writes down what somebody has to see; the same notice again is the same row."""
    with box.engine.begin() as connection:
        connection.execute(
            sa.text("""
                insert into event (at, severity, kind, scope, message) values (:at, :severity, :kind, :scope, :message)
                on conflict do nothing"""),
            {"at": at, "severity": severity, "kind": kind, "scope": scope, "message": message[:2000]},
        )


def scope_of(box: Lockbox, path: Path) -> str:
    """ "dallas/2026-11-16/D001" for the folder, or the X9 file, of that batch."""
    relative = path.relative_to(box.settings.inbox_path)
    return f"{relative.parts[0]}/{relative.parts[1]}/{path.name if path.is_dir() else path.stem}"


def path_of(box: Lockbox, scope: str) -> Path:
    """The delivery of a scope.

    Raises:
        InputError: there is none, or more than one with that batch number.
    """
    site, day, batch_no = parts_of(scope)
    folder = box.settings.inbox_path / site / day.isoformat()
    found = [path for path in ready_batches(box.settings.inbox_path, site) if scope_of(box, path) == scope]
    if len(found) != 1:
        raise InputError(f"{len(found)} complete deliveries of this batch, one wanted", file=str(folder / batch_no))
    return found[0]


def parts_of(scope: str) -> tuple[str, date, str]:
    """Site, business date and batch number of a scope.

    Raises:
        InputError: not a scope.
    """
    try:
        site, day, batch_no = scope.split("/")
        return site, date.fromisoformat(day), batch_no
    except ValueError as error:
        raise InputError(f"{scope!r} is not site/YYYY-MM-DD/batch") from error


def input_mark(path: Path) -> str:
    """What a delivery looks like from outside: names, sizes and times of its files."""
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    seen = [(file.name, file.lstat().st_size, file.lstat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:32]
