-- What differs and waits for a person, oldest first: on days that were closed although it is open, and on open days.
with days as materialized (
    select distinct
        d.site_id,
        d.business_date
    from difference as d
    where not exists (select from difference_acceptance as a where a.difference_id = d.difference_id)
)

select
    d.difference_id,
    y.site_id || '/' || y.business_date as scope,
    d.text,
    exists(
        select from day_close as c where c.site_id = y.site_id and c.business_date = y.business_date
    ) as is_closed
from days as y
cross join lateral present_differences(y.site_id, y.business_date) as p
inner join difference as d
    on
        y.site_id = d.site_id
        and y.business_date = d.business_date
        and p.batch_no = d.batch_no
        and p.kind = d.kind
        and p.record = d.record
        and p.counted = d.counted
        and p.declared is not distinct from d.declared
left join lateral (
    select sum(s.settled) as settled from difference_settlement as s where s.difference_id = d.difference_id
) as l on true
where
    not exists (select from difference_acceptance as a where a.difference_id = d.difference_id)
    and (l.settled is null or l.settled < d.declared - d.counted)
order by y.business_date, y.site_id, d.difference_id
