-- Site days on record that are not closed, and the batches that still keep them open: each must be posted, or be
-- refused as a whole with a reason on file; then all of its documents are missing. Batches of which nothing has come
-- are listed again: the lender may name an hour from which on they are missing, too. A day on which people decided
-- closes as well, with or without mail.
select
    d.site_id,
    d.business_date,
    exists(
        select from site_day as s where s.site_id = d.site_id and s.business_date = d.business_date
    ) as is_announced,
    exists(
        select from announced_batch as a where a.site_id = d.site_id and a.business_date = d.business_date
    ) as has_mail,
    coalesce(array_agg(d.batch_no order by d.batch_no) filter (where not d.is_through), '{}') as open_batches,
    coalesce(array_agg(d.batch_no order by d.batch_no) filter (where d.is_undelivered), '{}') as undelivered_batches,
    -- taken in, or refused: what else lies in the inbox is still to be looked at
    array(
        select b.batch_no from batch as b
        where b.site_id = d.site_id and b.business_date = d.business_date
        union
        select s.batch_no from set_aside as s
        where s.site_id = d.site_id and s.business_date = d.business_date and s.refused is not null
    ) as known_batches,
    -- days close in order: each takes over what the one before carried forward
    (
        select max(u.business_date) from unclosed_date as u
        where u.site_id = d.site_id and u.business_date < d.business_date
    ) as earlier_open
from (
    select
        a.site_id,
        a.business_date,
        a.batch_no,
        a.batch_id is null and not a.is_refused as is_undelivered,
        (a.batch_id is null and a.is_refused)
        or exists (
            select from stage_run as r
            where
                a.batch_id is not null
                and r.scope = a.site_id || '/' || a.business_date || '/' || a.batch_no
                and r.stage = 'post'
                and r.state = 'done'
        ) as is_through
    from announced_batch as a
    union all
    -- a manifest without batches: no mail that day, and the day is closed as well
    select s.site_id, s.business_date, '' as batch_no, false as is_undelivered, true as is_through
    from site_day as s
    union all
    select e.site_id, e.business_date, '' as batch_no, false as is_undelivered, true as is_through
    from decision as e
    where e.resolution_id is not null
    union all
    select w.site_id, s.business_date, '' as batch_no, false as is_undelivered, true as is_through
    from suspense_step as s
    inner join suspense_work as w on s.work_id = w.work_id
    where s.state = 'final'
) as d
where
    not exists (
        select from day_close as c where c.site_id = d.site_id and c.business_date = d.business_date
    )
group by d.site_id, d.business_date
order by d.business_date, d.site_id
