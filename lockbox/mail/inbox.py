"""A site's inbox: the deliveries that are complete, each read into one batch."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from lockbox.errors import InputError, NotReady
from lockbox.mail.control_file import believable_day, day
from lockbox.mail.delivery import DEFAULT_LIMITS, IncomingBatch, IntakeLimits
from lockbox.mail.scan_folder import DONE, TRANSFERS, awaited_files, is_litter, read_folder
from lockbox.mail.x9_file import MARKER, SUFFIXES, read_x9_delivery
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope, SiteDayScope

DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
DAY_LIKE = re.compile(r"[\d.-]{6,}")  # "2026-11-31", "20261116", "16-11-2026"


def read_batch(path: Path, limits: IntakeLimits = DEFAULT_LIMITS) -> IncomingBatch:
    """The batch at `path`: a scan folder `<inbox>/<site>/<day>/<batch>/` or a file `<inbox>/<site>/<day>/<name>.x9`.

    Faults of single documents, images and totals are part of the result, beside the good documents.

    Raises:
        NotReady: its done marker is missing; the sender may still be writing.
        InputError: nothing of the batch can be used (no index, unreadable control file, not an X9 file).
    """
    site, on = path.absolute().parent.parent.name, path.absolute().parent.name
    if not DAY.fullmatch(on):
        raise InputError(f"folder {on!r} is not a day (YYYY-MM-DD)", str(path))
    business_date = day(on, str(path), "business_date")
    if not is_complete(path):
        raise NotReady(f"{path}: no done marker")
    believable_day(business_date, f"{site}/{on}/{path.name}", limits.doubts)
    if path.is_dir():
        return read_folder(path, site, business_date, limits)
    return read_x9_delivery(path, site, business_date, limits)


def ready_batches(inbox: Path, site: str) -> list[Path]:
    """A site's deliveries of all days that have their done marker, sorted by day and name.

    Skipped: hidden and temporary names, links, and what has no marker yet.
    """
    return sorted(
        path
        for folder in children(inbox / site)
        if is_day(folder.name) and folder.is_dir()
        for path in children(folder)
        if is_plain_name(path.name) and not path.is_symlink() and is_complete(path)
    )


def awaited(path: Path, now: datetime, waits: timedelta) -> list[str]:
    """What a delivery lacks although its done marker is there: the marker came first, and the rest may follow.

    Nothing once the marker is older than `waits`; what is missing then is missing.
    """
    if not path.is_dir():
        return []  # an X9 file that is cut off is refused, and comes again when it has grown
    age = now - datetime.fromtimestamp((path / DONE).stat().st_mtime, UTC)
    return awaited_files(path) if abs(age) < waits else []


def misnamed_days(inbox: Path, site: str) -> list[str]:
    """Folders whose names look like a day and are none ("2026-11-31"): nothing in them is ever taken in."""
    return sorted(
        folder.name
        for folder in children(inbox / site)
        if DAY_LIKE.fullmatch(folder.name) and not is_day(folder.name) and folder.is_dir()
    )


def meant_day(name: str) -> str:
    """The day that a name means, as 20261130 or 11-30-2026 do, as folders are named; "" if it means none, or two."""
    digits = re.findall(r"\d+", name)
    if len(digits) == 1 and len(digits[0]) == 8:
        digits = [digits[0][:4], digits[0][4:6], digits[0][6:]]
    if len(digits) != 3:
        return ""
    orders = [(0, 1, 2)] if len(digits[0]) == 4 else [(2, 0, 1), (2, 1, 0)]  # year, month, day
    days = set()
    for order in orders:
        try:
            days.add(date(*(int(digits[place]) for place in order)))
        except (ValueError, OverflowError):
            continue
    return str(days.pop()) if len(days) == 1 else ""


def is_day(name: str) -> bool:
    """Whether this is the name of a day's folder."""
    try:
        return bool(DAY.fullmatch(name) and date.fromisoformat(name))
    except ValueError:
        return False


def delivered_batches(inbox: Path, scope: SiteDayScope) -> set[str]:
    """The numbers of a site day's batches that lie in the inbox with their done marker, taken in or not."""
    day = inbox / scope.site_id / scope.business_date.isoformat()
    paths = [path for path in children(day) if is_plain_name(path.name) and not path.is_symlink()]
    return {path.name if path.is_dir() else path.stem for path in paths if is_complete(path)}


def children(folder: Path) -> list[Path]:
    """What is in a folder; nothing of what is none, is gone, or is not ours to read."""
    try:
        return list(folder.iterdir())
    except (NotADirectoryError, FileNotFoundError, PermissionError):
        return []


def is_complete(path: Path) -> bool:
    """Whether a delivery has its done marker."""
    if path.is_dir():
        return (path / DONE).is_file()
    return path.suffix.lower() in SUFFIXES and path.is_file() and path.with_name(path.name + MARKER).is_file()


def is_plain_name(name: str) -> bool:
    """Whether a delivery may have this name: not one that is hidden, put aside or unfinished, and no strange signs."""
    is_marked = name.startswith((".", "_", "~")) or name.lower().endswith(("~", *TRANSFERS))
    return not is_marked and name.isprintable()


def scope_of(runtime: Runtime, path: Path) -> BatchScope:
    """The batch that a folder, or an X9 file, of the inbox holds."""
    relative = path.relative_to(runtime.settings.inbox_path)
    batch_no = path.name if path.is_dir() else path.stem
    return BatchScope(relative.parts[0], date.fromisoformat(relative.parts[1]), batch_no)


def path_of(runtime: Runtime, scope: BatchScope) -> Path:
    """The delivery of a scope.

    Raises:
        InputError: there is none, or more than one with that batch number.
    """
    inbox = runtime.settings.inbox_path
    paths = [path for path in ready_batches(inbox, scope.site_id) if scope_of(runtime, path) == scope]
    place = str(inbox / scope.site_id / scope.business_date.isoformat() / scope.batch_no)
    if not paths:
        raise InputError("no complete delivery has this batch number", file=place)
    if len(paths) > 1:
        raise InputError(f"{len(paths)} complete deliveries have this batch number; keep one", file=place)
    return paths[0]


def input_mark(path: Path) -> str:
    """A hash of what a delivery looks like from outside: names, sizes and times of its files, a marker included."""
    files = [file for file in sorted(children(path)) if not is_litter(file.name)]
    files = files or [path, path.with_name(path.name + MARKER)]
    listing = [(file.name, file.lstat().st_size, file.lstat().st_mtime_ns) for file in files]
    return hashlib.sha256(repr(listing).encode()).hexdigest()[:32]
