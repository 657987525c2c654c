"""The verbs, called as a user calls them."""

from __future__ import annotations

import os
import subprocess
import sys

from lockbox import db
from lockbox.settings import Settings


def verb(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "LOCKBOX_HOME": str(settings.home),
        "LOCKBOX_DATABASE_URL": db.database_url(settings),
        "COLUMNS": "200",
    }
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "lockbox", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
