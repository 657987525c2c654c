-- The other documents of an item's envelope, with their newest decisions.
select
    o.item_id,
    b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || o.sequence as name,
    coalesce(d.kind, 'unread') as kind,
    coalesce(d.outcome, 'undecided') as outcome,
    d.amount_cents,
    coalesce(d.reasons, '{}') as reasons,
    r.state,
    coalesce(d.outcome in ('review', 'hold'), true) as waits
from item as i
inner join item as o on i.envelope_id = o.envelope_id and i.item_id <> o.item_id
inner join batch as b on o.batch_id = b.batch_id
left join lateral newest_decision(o.item_id) as d on true
left join resolution_state as r on o.item_id = r.item_id and r.state in ('proposed', 'ready')
where i.item_id = :item
order by o.sequence
