"""TODO."""

from __future__ import annotations

from lockbox.mail import pipeline
from lockbox.runtime import Lockbox
from lockbox.simulator.day import simulate
from reconciliation import daily
from tests.builders import ledger as make


def day(box: Lockbox, envelopes: int = 12) -> None:
    """A simulated day, from mail to close."""
    simulate(box.settings, seed=3, business_date=make.DAY, envelopes=envelopes, contracts=120)
    for site in ("dallas", "richardson"):
        for scope in pipeline.waiting_batches(box, site, make.EVENING):
            for stage in pipeline.STAGES:
                pipeline.STAGES[stage](box, scope, make.EVENING)
    for scope in daily.closable_days(box, make.EVENING):
        daily.close(box, scope, make.EVENING)
