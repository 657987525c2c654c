-- What needs attention now: the operations events whose cause lasts, with what a person does next and whether anybody
-- outside was told. `status`, Airflow, and the alerts show this list.
create or replace view attention as
select
    e.event_id,
    coalesce(a.topic, 'failed') as topic,
    coalesce(a.title, replace(e.kind, '_', ' ')) as title,
    coalesce(a.next_step, 'Read the event, then acknowledge it.') as next_step,
    coalesce(a.is_plain, false) as is_plain,
    e.severity,
    e.kind,
    e.scope,
    e.cause,
    e.message,
    e.at,
    e.times,
    e.last_at,
    e.acknowledged_at,
    e.acknowledged_by,
    e.acknowledge_note,
    e.closed_at,
    e.closed_by,
    k.closes_when,
    (
        select min(m.ended_at)
        from alert as t
        inner join alert_message_item as i on t.alert_id = i.alert_id
        inner join alert_message as m on i.message_id = m.message_id
        where t.event_id = e.event_id and m.state = 'sent'
    ) as told_at
from ops_event as e
inner join ops_event_kind as k on e.kind = k.kind
left join alert_kind as a on e.kind = a.kind
where e.closed_at is null;
