"""The data folder of the embedded server: whose it is, and what a copied home brought along."""

from __future__ import annotations

import os
import pwd
import shutil
from contextlib import suppress
from pathlib import Path

import psutil

from lockbox.errors import SettingsError

SERVER_USER = "pgserver"  # whom the server runs as where we are root, which PostgreSQL refuses to be


def own(folder: Path) -> None:
    """Makes sure that the server can use its folder; root gives it to the server's user.

    Raises:
        SettingsError: it belongs to somebody else, as that of a copied home may.
    """
    if not (folder / "PG_VERSION").exists():
        return
    forget_other_server(folder)
    we = os.geteuid()
    if we == 0:
        _give(folder)
        return
    owner = folder.stat().st_uid
    if owner != we:
        raise SettingsError(
            f"{folder}: belongs to {_name(owner)}, and PostgreSQL runs as {_name(we)}. A copied home needs its new "
            f"owner: chown -R {_name(we)} {folder.parent}"
        )
    if not os.access(folder / "PG_VERSION", os.R_OK):
        raise SettingsError(f"{folder}: {_name(we)} may not read it: chown -R {_name(we)} {folder.parent}")


def is_of(folder: Path, pid_file: Path) -> bool:
    """Whether the server that a postmaster.pid names is that of this folder: a copied home names the original's."""
    try:
        pid, served = pid_file.read_text().splitlines()[:2]
    except (OSError, ValueError):
        return False
    if Path(served).resolve() == folder.resolve():
        return True
    with suppress(psutil.Error, ValueError):  # a folder that was renamed under its server
        return Path(psutil.Process(int(pid)).cwd()).resolve() == folder.resolve()
    return False


def forget_other_server(folder: Path) -> None:
    """Removes the postmaster.pid, socket, and lock that a home copied from a running one brought along."""
    pid_file = folder / "postmaster.pid"
    if pid_file.exists() and not is_of(folder, pid_file):
        for path in (*folder.glob(".s.PGSQL.*"), pid_file):
            path.unlink()


def _give(folder: Path) -> None:
    """Gives everything to the server's user; nothing to do where the server made it."""
    try:
        user = pwd.getpwnam(SERVER_USER)
    except KeyError:
        return  # made at the first start, which gives it the folder
    if (folder / "PG_VERSION").stat().st_uid == user.pw_uid and folder.stat().st_uid == user.pw_uid:
        return
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            shutil.chown(path, user.pw_uid, user.pw_gid)


def _name(user_id: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(user_id).pw_name
    return f"user {user_id}"
