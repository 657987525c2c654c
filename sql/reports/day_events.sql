-- The events of a day: failures, conflicts, and work that missed the cut-off.
select
    e.event_id,
    e.at,
    e.severity,
    e.kind,
    e.scope,
    e.message
from ops_event as e
where
    split_part(e.scope, '/', 2) = cast(:business_date as text)
    or e.scope = cast(:business_date as text)
order by array_position(array['error', 'warning', 'info'], e.severity), e.scope, e.event_id
