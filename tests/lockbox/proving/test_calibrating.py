"""Calibration keeps away from the seeds of the bench."""

from __future__ import annotations

import pytest

from lockbox.errors import InputError
from lockbox.proving import reading_bench
from lockbox.proving.calibrating import calibrate
from lockbox.runtime import Runtime


def test_the_bench_keeps_its_seeds(runtime: Runtime) -> None:
    with pytest.raises(InputError, match="kept for the bench"):
        calibrate(runtime.settings, reading_bench.SEED, 10, None, lambda *_: None)
