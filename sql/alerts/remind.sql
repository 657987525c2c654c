-- Adds the reminders that are due: of events that last, that nobody has acknowledged, and that somebody was told of so
-- many hours ago, by severity.
insert into alert (event_id, phase, number, at)
select
    e.event_id,
    'reminder',
    coalesce(max(t.number) filter (where t.phase = 'reminder'), 0) + 1,
    cast(:as_of as timestamptz)
from ops_event as e
inner join alert as t on e.event_id = t.event_id
where
    e.closed_at is null and e.acknowledged_at is null
    and exists (select from alert_message_item as i where i.alert_id = t.alert_id)
    and cast(:hours as jsonb) ->> e.severity is not null
group by e.event_id
having
    bool_and(t.routed_at is not null)
    and max(t.routed_at) + make_interval(mins => (60 * (cast(:hours as jsonb) ->> e.severity)::numeric)::int)
    <= cast(:as_of as timestamptz)
on conflict do nothing
