-- Items that share a fingerprint with an item, oldest first, with what became of them.
select distinct
    i.item_id,
    b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as name,
    d.outcome,
    d.amount_cents,
    exists(
        select from pull_entry as e
        inner join pull_step as s on e.entry_no = s.entry_no
        where e.item_id = i.item_id and e.action = 'return' and s.state = 'confirmed'
    ) as has_left
from fingerprint as f
inner join fingerprint as o on f.fingerprint = o.fingerprint and f.item_id <> o.item_id
inner join item as i on o.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
cross join lateral newest_decision(i.item_id) as d
where f.item_id = :item
order by i.item_id
