-- Operations events by state (open, acknowledged, closed): errors first, then warnings, the newest first; at most
-- `shown` of them, and how many there are.
select
    e.*,
    k.closes_when,
    s.state,
    count(*) over () as number
from ops_event as e
inner join ops_event_kind as k on e.kind = k.kind
cross join
    lateral (
        select
            case
                when e.closed_at is not null then 'closed'
                when e.acknowledged_at is not null then 'acknowledged'
                else 'open'
            end as state
    ) as s
where s.state = any(cast(:states as text[]))
order by array_position(array['error', 'warning', 'info'], e.severity), e.last_at desc, e.event_id desc
limit :shown
