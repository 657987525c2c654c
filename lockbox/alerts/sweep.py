"""The sweep: looks for everything that is late or absent, then tells whoever has to know. It runs every few minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from lockbox import telemetry
from lockbox.alerts.absent_mail import note_absent_mail
from lockbox.alerts.alert_outbox import tell
from lockbox.faults import message_of
from lockbox.ops_events import note, settle
from lockbox.runtime import Runtime
from lockbox.servicing.disputes import note_disputes
from lockbox.servicing.late_audit import note_late_audit
from lockbox.servicing.night import late_nights
from reconciliation.daily import late_work
from reconciliation.exceptions.repayment import note_repayments

Look = Callable[[Runtime, datetime], object]
LOOKS: Mapping[str, Look] = {
    "late_work": late_work,
    "late_nights": late_nights,
    "late_audit": note_late_audit,
    "absent_mail": note_absent_mail,
    "disputes": note_disputes,
    "repayments": note_repayments,
}
SCOPE = "alerts"


def sweep(runtime: Runtime, as_of: datetime) -> str:
    """Takes every look, and then tells. A look that fails is an event itself and stops no other.

    Raises:
        SettingsError: a rule for alerts has no value, or one that cannot be used.
    """
    look(runtime, as_of)
    return tell(runtime, as_of)


def look(runtime: Runtime, as_of: datetime) -> None:
    """Notes what is late or absent, and settles what is no longer."""
    for name, each in LOOKS.items():
        try:
            each(runtime, as_of)
        except Exception as error:
            telemetry.log.warning("look failed", look=name, reason=telemetry.mask(message_of(error)))
            with runtime.engine.begin() as connection:
                note(connection, "error", "watch_failed", SCOPE, message_of(error), as_of, name)
        else:
            with runtime.engine.begin() as connection:
                settle(connection, "watch_failed", SCOPE, as_of, name)
