-- The duration of each stage on a day by batch, and the readers' own time in it.
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
