"""A day of mail, from delivery to close."""

from __future__ import annotations

from lockbox.mail import pipeline
from lockbox.runtime import Runtime
from lockbox.simulator.day import simulate
from reconciliation import daily
from tests.builders import ledger as make


def day(runtime: Runtime, envelopes: int = 12) -> None:
    """Simulates a day's mail for both sites, posts it and closes the day."""
    simulate(runtime.settings, seed=3, business_date=make.DAY, envelopes=envelopes, contracts=120)
    for site in ("dallas", "richardson"):
        for batch in pipeline.waiting_batches(runtime, site, make.EVENING):
            for stage in pipeline.STAGES.values():
                stage(runtime, batch, make.EVENING)
    for site_day in daily.closable_days(runtime, make.EVENING):
        daily.close(runtime, site_day, make.EVENING)
