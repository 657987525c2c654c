-- What the manifest of a site day announced, and whether the day is closed.
select
    s.batches,
    exists(
        select from day_close as c where c.site_id = s.site_id and c.business_date = s.business_date
    ) as is_closed
from site_day as s
where s.site_id = :site_id and s.business_date = :business_date
