"""What lies in the inbox and is never taken in: why, and what to rename. Told after a while, until it is gone."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from lockbox.errors import printable
from lockbox.lender.dated_rules import policy_on
from lockbox.mail.inbox import DAY_LIKE, children, is_complete, is_day, is_plain_name, meant_day
from lockbox.mail.scan_folder import CONTROL, DONE, is_litter
from lockbox.mail.scan_index import INDEX
from lockbox.mail.x9_file import MARKER, SUFFIXES
from lockbox.ops_events import note, settle_all_but
from lockbox.runtime import Runtime

KIND = "untaken"  # of the events
OUTSIDE = "inbox"  # first part of the scope of what lies outside the folders of sites
MANIFEST = "manifest.json"
MOST = 100  # events of a site
SHOWN = 3  # names in one message


@dataclass(frozen=True, slots=True)
class Untaken:
    """One thing, or several files of one kind, that are never taken in."""

    scope: str  # where it lies, as in "dallas/2026-11-16/D001"
    message: str


def note_untaken(runtime: Runtime, site_id: str, as_of: datetime) -> None:
    """Each thing that lies in a site's part of the inbox, or outside all sites, too long is an event until gone."""
    with runtime.engine.begin() as connection:
        sites = set(connection.execute(sa.text("select site_id from site")).scalars())
        waits = timedelta(minutes=policy_on(connection, site_id, as_of.date()).untaken_minutes)
        since = _Since(as_of, waits)
        inbox = runtime.settings.inbox_path
        for within, things in (
            (f"{site_id}/", of_site(inbox, site_id, since)),
            (f"{OUTSIDE}/", outside(inbox, sites, since)),
        ):
            events = list(things)[:MOST]
            for thing in events:
                note(connection, "warning", KIND, thing.scope, thing.message, as_of)
            settle_all_but(connection, KIND, [thing.scope for thing in events], as_of, within=within)


@dataclass(frozen=True, slots=True)
class _Since:
    """How old a thing is. A file whose time lies ahead by as much is judged alike: its clock is wrong."""

    now: datetime
    waits: timedelta

    def is_old(self, path: Path) -> bool:
        """Whether nothing in it has changed for so long; what is gone meanwhile is not."""
        try:
            newest = max(entry.lstat().st_mtime for entry in (path, *children(path)))
        except OSError:
            return False
        return abs(self.now - datetime.fromtimestamp(newest, UTC)) >= self.waits


def outside(inbox: Path, sites: Collection[str], since: _Since) -> Iterator[Untaken]:
    """What lies outside the folders of known sites."""
    by_folded = {site.casefold(): site for site in sites}
    for path in sorted(children(inbox)):
        if (path.name in sites and path.is_dir()) or _is_left_alone(path.name) or not since.is_old(path):
            continue
        name, site = printable(path.name), by_folded.get(path.name.strip().casefold())
        if site and path.is_dir():
            why = f"sites are told apart by case: rename it {site}"
        elif path.is_dir():
            why = f"no site has this name; known are {', '.join(sorted(sites))}: move what is in it, or add the site"
        else:
            why = "it lies outside the folders of the sites: move it to <site>/<YYYY-MM-DD>/"
        yield Untaken(f"{OUTSIDE}/{name}", f"{name} is not taken in: {why}")


def of_site(inbox: Path, site: str, since: _Since) -> Iterator[Untaken]:
    """What lies in the folder of a site and is not taken in."""
    for path in sorted(children(inbox / site)):
        if is_day(path.name) and path.is_dir() and os.access(path, os.R_OK | os.X_OK):
            yield from _of_day(path, f"{site}/{path.name}", since)
        elif path.is_dir() and DAY_LIKE.fullmatch(path.name):
            continue  # told of at once: misnamed_days
        elif not _is_left_alone(path.name) and since.is_old(path):
            name = printable(path.name)
            yield Untaken(f"{site}/{name}", f"{name} is not taken in: {_no_day(path)}")


def _no_day(path: Path) -> str:
    if not path.is_dir():
        return "it lies outside the folder of a day: move it to <YYYY-MM-DD>/"
    if is_day(path.name):
        return "it cannot be read: its sender must permit it"
    day = meant_day(path.name)
    return (
        f"a day is written YYYY-MM-DD: rename it {day}"
        if day
        else "it is no day: name it YYYY-MM-DD, or begin it with _ to have it left alone"
    )


def _of_day(folder: Path, scope: str, since: _Since) -> Iterator[Untaken]:
    paths = {path.name: path for path in sorted(children(folder))}
    loose: dict[str, list[str]] = {}  # ending: names
    for name, path in paths.items():
        if name == MANIFEST or _is_ready(path) or _is_left_alone(name) or not since.is_old(path):
            continue
        if name.lower().endswith(MARKER) and name[: -len(MARKER)] in paths and _is_x9(name[: -len(MARKER)]):
            continue  # the marker of a file: a wrong one is told of with its file
        if path.is_dir() or _is_x9(name):
            shown = printable(name)
            yield Untaken(f"{scope}/{shown}", f"{shown} is not taken in: {_why(path, paths)}")
        else:
            loose.setdefault(path.suffix.lower(), []).append(name)
    for ending, names in loose.items():
        listed = ", ".join(map(printable, names[:SHOWN])) + (
            f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        )
        yield Untaken(
            f"{scope}/*{printable(ending)}",
            f"{listed} {'is' if len(names) == 1 else 'are'} not taken in: {_why_loose(ending, names)}",
        )


def _why(path: Path, beside: Collection[str]) -> str:
    """Why a folder or an X9 file is not taken in."""
    name = path.name
    if path.is_symlink():
        return "it is a link: deliver the thing itself"
    if not is_plain_name(name):
        return "its name has signs that cannot be stored, or marks it as unfinished: rename it"
    if not path.is_dir():
        marker = name + MARKER
        alike = [other for other in beside if other != name and other.casefold() in _markers(name)]
        return (
            f"its marker is {printable(alike[0])!r}: rename that {marker!r}"
            if alike
            else f"its marker {marker!r} is missing"
        )
    names = {child.name for child in children(path)}
    if (path / DONE).exists():
        return f"{DONE} in it is no file"
    alike = [other for other in sorted(names) if other.partition(".")[0].casefold() == DONE.casefold()]
    if alike:
        return f"its marker is {printable(alike[0])!r}: rename that {DONE!r}"
    if any(other.casefold() == f"{name}{MARKER}".casefold() for other in beside):
        return f"its marker lies beside it: put a file {DONE!r} into the folder"
    if not os.access(path, os.R_OK | os.X_OK):
        return "it cannot be read: its sender must permit it"
    if not names:
        return "it is empty"
    deeper = [child.name for child in children(path) if child.is_dir() and (child / DONE).exists()]
    if deeper:
        return f"the delivery lies one folder too deep, in {printable(deeper[0])}: move it up"
    lacking = [needed for needed in (CONTROL, INDEX) if needed not in names]
    also = f", and {' and '.join(lacking)}" if lacking else ""
    return f"its marker {DONE!r} is missing{also}: the sender broke off, or forgot it"


def _markers(name: str) -> set[str]:
    """What senders call the marker of an X9 file, in small letters."""
    stem = name.rpartition(".")[0]
    return {f"{base}{ending}".casefold() for base in (name, stem) for ending in (MARKER, f"{MARKER}.txt", ".ok")}


def _why_loose(ending: str, names: Collection[str]) -> str:
    if ending == MARKER:
        return f"no file belongs to the marker: both are called NAME.x9 and NAME.x9{MARKER}"
    if any(name.casefold().startswith("manifest") for name in names):
        return f"a manifest is called {MANIFEST}"
    if ending in (".tif", ".tiff", ".jpg", ".jpeg"):
        return f"images belong into the folder of a batch, with {INDEX}, {CONTROL} and {DONE}"
    return f"X9 files end in {', '.join(SUFFIXES)}, with a marker NAME.x9{MARKER}; all else comes in a folder"


def _is_ready(path: Path) -> bool:
    return is_plain_name(path.name) and not path.is_symlink() and is_complete(path)


def _is_x9(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)


def _is_left_alone(name: str) -> bool:
    """Litter, and what a person put aside on purpose."""
    return is_litter(name) or name.startswith("_")
