-- Stages of the newest scopes, one row per scope.
select
    scope,
    max(state) filter (where stage = 'ingest') as ingest,
    max(state) filter (where stage = 'read') as read, -- noqa: RF04
    max(state) filter (where stage = 'decide') as decide,
    max(state) filter (where stage = 'post') as post,
    max(state) filter (where stage = 'close') as close -- noqa: RF04
from stage_run
group by scope
order by max(started_at) desc, scope
limit 40
