"""Work in a forked process that is killed (-9) at random moments, or whose database backend is."""

from __future__ import annotations

import itertools
import os
import random
import select
import signal
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import psutil
import sqlalchemy as sa

from lockbox import db
from lockbox.runtime import Runtime, open_runtime
from lockbox.settings import Settings

OF_BACKENDS = 0.25  # share of the kills that hit a PostgreSQL backend: the server then recovers
LIMIT_S = 300  # of one child, on a crowded machine
Work = Callable[[Runtime, Callable[[str], object]], None]  # reports each step before it; may be restarted at any time


@dataclass
class Child:
    """The work in a forked process, which starts at once."""

    pid: int
    reads: int
    heard: list[str] = field(default_factory=lambda: ["start"])

    @classmethod
    def start(cls, settings: Settings, work: Work) -> Child:
        for owner in (True, False):
            db.engine(settings, owner=owner).dispose()
        reads, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                os.close(reads)
                work(open_runtime(settings), lambda word: os.write(writes, f"{word}\n".encode()))
                code = 0
            except BaseException:
                os.write(writes, f"!{traceback.format_exc()[-1500:]}".encode())
            finally:
                os._exit(code)
        os.close(writes)
        return cls(pid, reads)

    def hears(self, wait_s: float) -> bool:
        """Reads what the child reports, for at most `wait_s`; False once it has ended."""
        if select.select([self.reads], [], [], max(0.0, wait_s))[0]:
            words = os.read(self.reads, 4096).decode()
            self.heard += words.split("\n")[:-1] if not words.startswith("!") else [words]
            return bool(words)
        return True

    def follow(self, until: str = "", for_s: float = LIMIT_S) -> bool:
        """Waits until the child reports `until`, or for a time; False if it ended before that."""
        end = time.monotonic() + for_s
        while (not until or until not in self.heard) and time.monotonic() < end:
            if not self.hears(end - time.monotonic()):
                return False
        return True

    def end(self) -> int:
        """The exit code, or minus the signal."""
        while self.hears(LIMIT_S):
            pass
        os.close(self.reads)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@dataclass
class Kills:
    """The kills: (stage that was running, what was killed) -> how often."""

    chance: random.Random
    fell: Counter[tuple[str, str]] = field(default_factory=Counter)

    def kill(self, settings: Settings, work: Work, stage: str, within_s: float) -> bool:
        """Starts the work and kills it a random time after the stage began; False if it finished before."""
        child = Child.start(settings, work)
        child.follow(until=stage)
        child.follow(for_s=self.chance.uniform(0, within_s))
        what = "backend" if self.chance.random() < OF_BACKENDS and kill_backend(settings) else "process"
        if what == "process":
            os.kill(child.pid, signal.SIGKILL)
        code = child.end()
        words = [word for word in child.heard if not word.startswith("!")]
        if what == "backend":
            wait_for(settings)
            assert code in (0, 1), child.heard
        else:
            assert code in (0, -9), child.heard
        if code:
            self.fell[words[-1], what] += 1
        return code != 0

    def __str__(self) -> str:
        rows = [f"  {stage}: {what} {count}" for (stage, what), count in sorted(self.fell.items())]
        return "\n".join([f"{self.fell.total()} kills", *rows])


def kill_backend(settings: Settings) -> bool:
    """Kills (-9) the child's PostgreSQL backend; whether there was one."""
    url = sa.make_url(db.database_url(settings))
    admin = sa.create_engine(url.set(database="postgres"), poolclass=sa.NullPool)
    find = sa.text("select pid from pg_stat_activity where datname = :name order by state = 'active' desc limit 1")
    with admin.connect() as connection:
        pid = connection.execute(find, {"name": url.database}).scalar()
    try:
        psutil.Process(pid or -1).kill()
    except (psutil.Error, ValueError):
        return False
    return True


def wait_for(settings: Settings) -> None:
    """Waits until the server has recovered."""
    end = time.monotonic() + LIMIT_S
    while not db.is_running(settings) and time.monotonic() < end:
        time.sleep(0.2)


def life(home: Settings, name: str) -> Settings:
    """The same day in its own database and folder.

    Copied as files: a copy through the log keeps numbers of a sequence that the crash of a backend gives out twice.
    """
    url = sa.make_url(db.database_url(home))
    admin = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"create database {name} template {db.LOCKBOX} strategy file_copy"))
    database_url = url.set(database=name).render_as_string(hide_password=False)
    return home.model_copy(update={"home": home.home / name, "database_url": database_url})


def undisturbed(settings: Settings, work: Work) -> dict[str, float]:
    """Runs the work to its end; returns the seconds that each part took."""
    child, begun = Child.start(settings, work), time.monotonic()
    took: dict[str, float] = {}
    while child.hears(LIMIT_S):
        took[child.heard[-1]] = took.get(child.heard[-1], 0) + time.monotonic() - begun
        begun = time.monotonic()
    assert child.end() == 0, child.heard
    words = child.heard[1:]
    # What a word was heard after is the time of the word before it.
    return {before: took.get(after, 0.0) for before, after in itertools.pairwise(words)}
