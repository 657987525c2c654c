-- Letters among items whose resolution was just made final, with what they ask for that is not done.
select
    r.resolution_id,
    r.item_id,
    b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as name,
    receipt_date(r.item_id) as received_on,
    b.received_at,
    e.kind,
    e.contract_id,
    c.account_number,
    c.customer_id,
    c.product,
    c.lender_id,
    e.facts,
    r.maker,
    r.note
from letter_effect as e
inner join resolution as r on e.resolution_id = r.resolution_id
inner join resolution_step as s on r.resolution_id = s.resolution_id and s.state = 'final'
inner join item as i on r.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
inner join contract as c on e.contract_id = c.contract_id
where
    r.item_id = any(:items)
    and not exists (select from letter_effect_done as d where d.resolution_id = e.resolution_id)
order by e.contract_id, r.resolution_id
