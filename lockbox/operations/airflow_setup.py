"""How Airflow's processes are started: command lines, environment, secrets and port."""

from __future__ import annotations

import base64
import json
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lockbox import db
from lockbox.errors import SettingsError
from lockbox.files import write_whole
from lockbox.settings import ROOT, Settings

# Airflow creates some 100,000 objects while it starts; collecting garbage less often saves a quarter of the time.
_BOOT = "import gc, sys; gc.set_threshold(200_000, 50, 100); sys.argv[0] = 'airflow'; "
# Tasks are forked from the scheduler: what it has imported, they need not import.
_PRELOAD = "import onnxruntime, ocr.reader, lockbox.mail.pipeline, reconciliation.reports; "
_MAIN = "from airflow.__main__ import main; main()"


def environment(settings: Settings, port: int, *, schedules: bool) -> dict[str, str]:
    """The environment of every Airflow process; the embedded server must be running.

    Airflow's own settings are in airflow.cfg; this adds only what is known at the start.
    """
    ours = {f"LOCKBOX_{name.upper()}": str(value) for name, value in settings.model_dump().items() if value is not None}
    ours |= {
        "LOCKBOX_HOME": str(settings.home.resolve()),
        "LOCKBOX_SCHEDULES": str(schedules),
        "LOCKBOX_WORKERS": "1",  # per task; the pool allows as many reading tasks as there are workers
        "AIRFLOW_HOME": str(ROOT),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": db.database_url(settings, db.AIRFLOW),
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://localhost:{port}",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "NO_PROXY": "localhost,127.0.0.1",
        "no_proxy": "localhost,127.0.0.1",
        "OMP_THREAD_LIMIT": "1",  # one thread per reader, one reader per core
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    return dict(os.environ) | ours


def airflow_command(*words: str) -> tuple[str, ...]:
    """The command line of an Airflow command."""
    return (sys.executable, "-c", _BOOT + _MAIN, *words)


def scheduler_command() -> tuple[str, ...]:
    """The scheduler's command line: preloads what tasks import, and turns off the log server, which is open to all."""
    return (sys.executable, "-c", _BOOT + _PRELOAD + _MAIN, "scheduler", "--skip-serve-logs")


def make_secrets(settings: Settings) -> None:
    """Creates missing keys and passwords, readable by their owner only."""
    folder = settings.home / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    users = {user: secrets.token_urlsafe(12) for user in ("admin", "viewer")}
    made = {
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt_key": secrets.token_hex(32),
        "api_key": secrets.token_hex(32),
        passwords_path(settings).name: json.dumps(users),
    }
    for name, secret in made.items():
        path = folder / name
        if not path.exists():
            write_whole(path, secret.encode(), 0o600)


@contextmanager
def reserved_port(preferred: int) -> Iterator[int]:
    """The preferred port or the next free one after it, on the loopback address; any free port for 0.

    It stays ours while the server that will listen there is starting: other launchers pass it over. The reservation is
    a name in the kernel's abstract sockets, of no file and no user, which ends with this process.

    Raises:
        SettingsError: none is free.
    """
    for port in [0] * 100 if preferred == 0 else range(preferred, min(preferred + 100, 65536)):
        with socket.socket() as probe, socket.socket(socket.AF_UNIX) as reservation:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                bound = int(probe.getsockname()[1])
                reservation.bind(f"\0lockbox-port-{bound}")
            except OSError:
                continue
            probe.close()
            yield bound
            return
    raise SettingsError(f"no free port from {preferred} on; set LOCKBOX_WEB_PORT")


def passwords_path(settings: Settings) -> Path:
    """The file with the passwords of Airflow's users."""
    return settings.home / "secrets" / "passwords.json"
