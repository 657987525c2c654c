"""What is wrong with the inbox as a whole: it is away, or two deliveries claim one batch. Told until it is gone."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from lockbox.errors import Unavailable, printable
from lockbox.mail.inbox import ready_batches, scope_of
from lockbox.mail.scan_folder import is_litter
from lockbox.ops_events import mark_noted, note, settle, settle_all_but
from lockbox.runtime import Runtime
from lockbox.scopes import BatchScope

AWAY, TWICE = "inbox_away", "claimed_twice"  # kinds of the events
INBOX = "inbox"  # scope of an event about all of it


def ensure_inbox(runtime: Runtime, as_of: datetime) -> None:
    """One event while the inbox cannot be looked into, or is empty as a share is that is not mounted.

    An inbox of its own place must be there from the start, one in the home from the first delivery on.

    Raises:
        Unavailable: it is away.
    """
    path = runtime.settings.inbox_path
    with runtime.engine.begin() as connection:
        is_used = bool(connection.execute(sa.text("select exists (select from batch)")).scalar_one())
        reason = _away(path, is_used) if is_used or runtime.settings.inbox else ""
        if not reason:
            settle(connection, AWAY, INBOX, as_of)
            return
        error = Unavailable(f"the inbox {path} {reason}")
        mark_noted(error, note(connection, "error", AWAY, INBOX, str(error), as_of))
    raise error


def _away(path: Path, is_used: bool) -> str:
    """Why nothing can come from the inbox; "" if something can."""
    try:
        names = [child.name for child in path.iterdir()]
    except FileNotFoundError:
        return "is not there: is its share mounted?"
    except NotADirectoryError:
        return "is no folder"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    is_empty = is_used and all(is_litter(name) for name in names)
    return "is empty, though mail came from it before: is its share mounted?" if is_empty else ""


def note_claimed_twice(runtime: Runtime, site_id: str, as_of: datetime) -> set[BatchScope]:
    """Batch numbers that a folder and X9 files of a day both claim: each is an event until one delivery is left."""
    names: defaultdict[BatchScope, list[str]] = defaultdict(list)
    for path in ready_batches(runtime.settings.inbox_path, site_id):
        names[scope_of(runtime, path)].append(printable(path.name))
    twice = {scope: claims for scope, claims in names.items() if len(claims) > 1}
    with runtime.engine.begin() as connection:
        for scope, claims in twice.items():
            message = (
                f"{' and '.join(claims)} claim the same batch number: neither is taken in from now on; keep one, and "
                "give the other a number of its own, or remove it"
            )
            note(connection, "error", TWICE, str(scope), message, as_of)
        settle_all_but(connection, TWICE, [str(scope) for scope in twice], as_of, within=f"{site_id}/")
    return set(twice)
