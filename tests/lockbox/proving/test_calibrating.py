"""Calibration refuses the seeds that are reserved for the bench."""

from __future__ import annotations

import pytest

from lockbox.errors import InputError
from lockbox.proving import reading_bench
from lockbox.proving.calibrating import calibrate
from lockbox.runtime import Runtime


def test_the_seeds_of_the_bench_are_refused(runtime: Runtime) -> None:
    with pytest.raises(InputError, match="kept for the bench"):
        calibrate(runtime.settings, reading_bench.SEED, 10, None, lambda *_: None)
