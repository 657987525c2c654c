"""Mail that has not come, shell: a site that sends nothing, and a box that usually sends and has not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from lockbox import db
from lockbox.alerts.usual_mail import habit
from lockbox.errors import UsageError
from lockbox.lender.alert_rules import UsualMail, usual_mail
from lockbox.lender.dated_rules import lender_day, policy_on
from lockbox.ops_events import note, settle
from lockbox.runtime import Runtime
from lockbox.scopes import SiteDayScope

SILENT_SITE, USUAL_MAIL = "silent_site", "usual_mail"
Came = Mapping[tuple[str, str], Mapping[date, datetime]]  # (site, box or "") -> business date -> first taken in


@dataclass(frozen=True, slots=True)
class Absence:
    """Something that should have come: of a site, or of one of its boxes."""

    kind: str
    scope: SiteDayScope
    box: str
    message: str


def note_absent_mail(runtime: Runtime, as_of: datetime) -> list[str]:
    """Notes what has not come by its hour, on open days of the last days; settles what came meanwhile. Gives texts."""
    with runtime.engine.begin() as connection:
        absences = [
            absence
            for site in connection.execute(sa.text("select site_id, lender_id from site order by 1")).all()
            for absence in _of_site(connection, runtime, site.site_id, site.lender_id, as_of)
        ]
        for absence in absences:
            note(connection, "error", absence.kind, str(absence.scope), absence.message, as_of, absence.box)
        _settle_what_came(connection, runtime, as_of)
    return [f"{absence.scope}: {absence.message}" for absence in absences]


def _of_site(
    connection: sa.Connection, runtime: Runtime, site_id: str, lender_id: str, as_of: datetime
) -> Iterator[Absence]:
    today = lender_day(connection, lender_id, as_of)
    rule = usual_mail(connection, lender_id, today)
    came = _history(connection, site_id, today - timedelta(weeks=2 * rule.weeks, days=rule.look_back_days))
    for back in range(rule.look_back_days, -1, -1):
        scope = SiteDayScope(site_id, today - timedelta(back))
        if came.get((site_id, "")) and min(came[site_id, ""]) < scope.business_date:
            yield from _on_day(connection, runtime, scope, came, rule, as_of)


def _on_day(
    connection: sa.Connection, runtime: Runtime, scope: SiteDayScope, came: Came, rule: UsualMail, as_of: datetime
) -> Iterator[Absence]:
    """The whole site if nothing at all came; else each box that is missed. Nothing is told twice."""
    day, hours = scope.business_date, policy_on(connection, scope.site_id, scope.business_date).hours
    if not hours.is_open(day):
        return
    if _is_silent(connection, runtime, scope):
        known = habit(came[scope.site_id, ""], day, hours, rule)
        if as_of >= known.by and (known.is_usual or not known.is_known):
            yield Absence(SILENT_SITE, scope, "", f"no mail or manifest by {known.by:%H:%M %Z}")
        return
    for (_, box), first_at in came.items():
        usual = habit(first_at, day, hours, rule)
        if (
            box
            and usual.is_usual
            and as_of >= usual.by
            and day not in first_at
            and not _is_explained(connection, scope)
        ):
            message = f"no mail for box {box} by {usual.by:%H:%M %Z}; on a {day:%A} it has usually arrived by then"
            yield Absence(USUAL_MAIL, scope, box, message)


def _history(connection: sa.Connection, site_id: str, since: date) -> Came:
    came: dict[tuple[str, str], dict[date, datetime]] = defaultdict(dict)
    for row in db.rows(connection, "alerts/mail_history", site_id=site_id, since=since):
        day, at = row["business_date"], row["first_at"]
        came[site_id, row["box"]][day] = at
        came[site_id, ""][day] = min(at, came[site_id, ""].get(day, at))
    return came


def _is_silent(connection: sa.Connection, runtime: Runtime, scope: SiteDayScope) -> bool:
    """Whether nothing of a site day is known or lies in the inbox, not even a manifest that says "no mail"."""
    known = connection.execute(
        sa.text("""
            select exists(select from batch where (site_id, business_date) = (:site, :day))
                or exists(select from site_day where (site_id, business_date) = (:site, :day))
                or exists(select from set_aside where (site_id, business_date) = (:site, :day))"""),
        {"site": scope.site_id, "day": scope.business_date},
    ).scalar_one()
    folder = runtime.settings.inbox_path / scope.site_id / scope.business_date.isoformat()
    return not known and not (folder.is_dir() and any(folder.iterdir()))


def _is_explained(connection: sa.Connection, scope: SiteDayScope) -> bool:
    """Whether a box need not be missed: the site said that it has no mail, the day is closed, or a delivery was refused
    as a whole, which is told by itself and may be what is missed."""
    explained = """
        select exists(select from day_close where (site_id, business_date) = (:site, :day))
            or exists(select from site_day where (site_id, business_date) = (:site, :day) and batches = '[]')
            or exists(select from set_aside where (site_id, business_date) = (:site, :day) and refused is not null)"""
    values = {"site": scope.site_id, "day": scope.business_date}
    return bool(connection.execute(sa.text(explained), values).scalar_one())


def _settle_what_came(connection: sa.Connection, runtime: Runtime, as_of: datetime) -> None:
    absent = (
        "select kind, scope, cause from ops_event where kind in ('silent_site', 'usual_mail') and closed_at is null"
    )
    for event in connection.execute(sa.text(absent)).all():
        try:
            scope = SiteDayScope.parse(event.scope)
        except UsageError:
            continue
        if event.kind == SILENT_SITE:
            has_come = not _is_silent(connection, runtime, scope)
        else:
            box = "select 1 from batch where (site_id, business_date, box) = (:site, :day, :box) limit 1"
            values = {"site": scope.site_id, "day": scope.business_date, "box": event.cause}
            has_come = connection.execute(sa.text(box), values).first() is not None
        if has_come:
            settle(connection, event.kind, event.scope, as_of, event.cause)
