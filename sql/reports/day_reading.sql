-- Documents read on a day and the reading time per document, by site and kind.
select
    b.site_id,
    r.kind,
    count(*) as documents,
    sum(r.duration_ms) as total_ms,
    percentile_cont(0.5) within group (order by r.duration_ms) as median_ms,
    percentile_cont(0.95) within group (order by r.duration_ms) as slow_ms
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join current_reading as r on i.item_id = r.item_id
where b.business_date = :business_date
group by b.site_id, r.kind
order by b.site_id asc, documents desc, r.kind asc
