-- The events of a day: open ones, acknowledged ones, then those that are closed. One whose scope names a date is of
-- that date. Any other (of a contract, an audit, a DAG) is of the first business date that was not over when it was
-- noted last, by the clock of the first site.
with zone as (
    select s.time_zone
    from site as s
    order by s.site_id
    limit 1
),

before as (
    select coalesce(max(d.business_date), cast(:business_date as date) - 7) as business_date
    from (
        select s.business_date from site_day as s
        union all
        select b.business_date from batch as b
    ) as d
    where d.business_date < cast(:business_date as date)
)

select
    e.event_id,
    e.at,
    e.last_at,
    e.times,
    e.severity,
    e.kind,
    e.scope,
    e.message,
    e.acknowledged_by,
    e.closed_at
from ops_event as e
where
    e.scope = cast(:business_date as text)
    or split_part(e.scope, '/', 2) = cast(:business_date as text)
    or (
        e.scope !~ '^(([^/]+/)?[0-9]{4}-[0-9]{2}-[0-9]{2})(/|$)'
        and (e.last_at at time zone (select z.time_zone from zone as z))::date
        between (select b.business_date + 1 from before as b) and cast(:business_date as date)
    )
order by
    e.closed_at is not null,
    e.acknowledged_at is not null,
    array_position(array['error', 'warning', 'info'], e.severity),
    e.scope,
    e.event_id
