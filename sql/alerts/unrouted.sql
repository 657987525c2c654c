-- Alerts that nobody was told yet, oldest first, with what they say.
select
    t.alert_id,
    t.event_id,
    t.phase,
    t.number,
    t.at,
    e.kind,
    e.severity,
    e.scope,
    e.cause,
    e.message,
    e.at as since,
    e.times,
    e.closed_at,
    e.acknowledged_at,
    coalesce(a.topic, 'failed') as topic,
    coalesce(a.title, replace(e.kind, '_', ' ')) as title,
    coalesce(a.next_step, 'Read the event, then acknowledge it.') as next_step,
    coalesce(a.is_plain, false) as is_plain,
    k.closes_when,
    -- the addresses that were told that it began
    coalesce((
        select array_agg(distinct concat_ws(chr(9), m.route, m.channel, m.address))
        from alert as o
        inner join alert_message_item as i on o.alert_id = i.alert_id
        inner join alert_message as m on i.message_id = m.message_id
        where o.event_id = t.event_id and o.phase = 'opened'
    ), '{}') as told
from alert as t
inner join ops_event as e on t.event_id = e.event_id
inner join ops_event_kind as k on e.kind = k.kind
left join alert_kind as a on e.kind = a.kind
where t.routed_at is null
order by t.alert_id
