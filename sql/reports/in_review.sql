-- Items that wait for a person, by site day, of the newest 14 business dates.
with days as (
    select b.business_date
    from batch as b
    group by b.business_date
    order by b.business_date desc
    limit 14
)

select
    b.site_id,
    b.business_date,
    count(*) as items,
    count(*) filter (where d.kind in ('check', 'other')) as checks,
    coalesce(sum(d.amount_cents) filter (where d.kind in ('check', 'other')), 0)::bigint as cents
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join lateral newest_decision(i.item_id) as d on true
where b.business_date in (select y.business_date from days as y) and d.outcome = 'review'
group by b.site_id, b.business_date
order by b.business_date desc, b.site_id asc
