-- What needs attention, newest first: events, and failed stages with their last message.
select
    e.at,
    e.severity,
    e.scope,
    e.message
from ops_event as e
where e.severity <> 'info'
union
select
    r.finished_at,
    'error',
    r.scope,
    r.message
from stage_run as r
where r.state = 'failed' and not exists (select from ops_event as e where e.scope = r.scope and e.message = r.message)
order by 1 desc, 3
limit 20
