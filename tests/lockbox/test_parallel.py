"""Worker processes end with the process that started them."""

import os
import signal
import subprocess
import sys

import cv2
import psutil
import pytest

from lockbox.parallel import fresh

PARENT = """
import os, time
from lockbox.parallel import fresh
pool = fresh(2)
jobs = [pool.submit(time.sleep, seconds) for seconds in {sleeps}]
while len(pool._processes) < 2:
    time.sleep(0.01)
jobs[0].result()
print(*pool._processes, flush=True)
time.sleep(60)
"""


@pytest.mark.thorough
@pytest.mark.parametrize("sleeps", [(0, 0), (0, 60, 60)], ids=["idle", "busy"])
def test_workers_end_when_their_parent_is_killed(sleeps: tuple[int, ...]) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT.format(sleeps=sleeps)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
    assert len(workers) == 2
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs(workers, timeout=20)
    for worker in alive:
        worker.kill()
    assert not alive


def test_a_worker_calls_its_initializer_and_uses_one_thread() -> None:
    with fresh(1, os.putenv, "LOCKBOX_BEGUN", "yes") as pool:
        assert pool.submit(subprocess.getoutput, "echo $LOCKBOX_BEGUN").result() == "yes"
        assert pool.submit(cv2.getNumThreads).result() == 1
