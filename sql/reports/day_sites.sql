-- The sites with mail, a manifest, or decisions of people on a day, with their names and the lender's name.
select
    s.site_id,
    s.name,
    s.address,
    s.time_zone,
    l.name as lender
from site as s
inner join lender as l on s.lender_id = l.lender_id
where
    exists (
        select from announced_batch as a where a.site_id = s.site_id and a.business_date = :business_date
    )
    or exists (
        select from site_day as d where d.site_id = s.site_id and d.business_date = :business_date
    )
    or exists (
        select from decision as e
        where e.site_id = s.site_id and e.business_date = :business_date and e.resolution_id is not null
    )
    or exists (
        select from suspense_step as e
        inner join suspense_work as w on e.work_id = w.work_id
        where w.site_id = s.site_id and e.business_date = :business_date
    )
order by s.site_id
