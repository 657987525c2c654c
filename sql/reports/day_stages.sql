-- How long each stage took on a day, batch by batch, and how long the readers themselves worked on it.
select
    split_part(r.scope, '/', 1) as site_id,
    split_part(r.scope, '/', 3) as batch_no,
    r.scope,
    r.stage,
    r.state,
    r.message,
    r.duration_ms,
    r.started_at,
    r.finished_at
from stage_run as r
where split_part(r.scope, '/', 2) = cast(:business_date as text)
order by r.scope, array_position(array['ingest', 'read', 'decide', 'post', 'close'], r.stage)
