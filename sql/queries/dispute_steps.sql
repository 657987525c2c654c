-- The steps of a dispute, oldest first.
select
    s.state,
    s.on_day,
    s.due_on,
    s.words,
    b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as item,
    s.taken_by,
    s.taken_at
from dispute_step as s
left join item as i on s.item_id = i.item_id
left join batch as b on i.batch_id = b.batch_id
where s.case_id = :dispute
order by s.step
