-- What arrived on a day and could not be used, with its location and the reason.
select
    s.site_id,
    s.batch_no,
    s.file,
    s.record,
    s.field,
    s.reason,
    s.noted_at
from set_aside as s
where s.business_date = :business_date
order by s.site_id, s.batch_no, s.file, s.record, s.field, s.reason
