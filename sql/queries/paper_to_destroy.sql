-- Batches with the day from which their paper may be destroyed: so many days after the last of it was deposited, filed,
-- or left. One with papers that wait for a person, or are on the pull list, has no day.
select
    b.site_id,
    b.business_date,
    b.batch_no,
    count(*) as papers,
    count(t.item_id) as deposited,
    count(*) filter (where p.has_left) as papers_gone,
    count(*) filter (where d.outcome is null or d.outcome in ('review', 'hold') or p.is_listed) as waiting,
    case
        when bool_or(d.outcome is null or d.outcome in ('review', 'hold') or p.is_listed) then null
        -- a check that is posted and not deposited yet is deposited at the close of its day at the earliest
        when bool_or(d.outcome in ('post', 'suspense') and t.item_id is null) then null
        else max(greatest(d.business_date, t.business_date)) + cast(:keep_days as int)
    end as destroy_from
from batch as b
inner join site as s on b.site_id = s.site_id and s.lender_id = :lender
inner join item as i on b.batch_id = i.batch_id
left join lateral newest_decision(i.item_id) as d on true
left join lateral (
    select x.item_id, y.business_date
    from deposit_item as x
    inner join deposit as y on x.deposit_id = y.deposit_id
    where x.item_id = i.item_id
    limit 1
) as t on true
left join lateral (
    select
        coalesce(bool_or(l.state = 'confirmed' and l.action <> 'rescan'), false) as has_left,
        coalesce(bool_or(l.state in ('open', 'signed', 'missing')), false) as is_listed
    from pull_list as l where l.item_id = i.item_id
) as p on true
where :site = '' or b.site_id = :site
group by b.site_id, b.business_date, b.batch_no
order by b.site_id, b.business_date, b.batch_no
