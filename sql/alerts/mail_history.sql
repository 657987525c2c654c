-- When each box of a site first sent something on each business date, by when it was taken in.
select
    b.box,
    b.business_date,
    min(b.captured_at) as first_at
from batch as b
where b.site_id = :site_id and b.business_date >= cast(:since as date)
group by b.box, b.business_date
