-- A check from an image file is accepted for the amount in the file, unless a person decided otherwise.
-- Why: that amount is already in the deposit; if the image shows another amount, a person decides (RULES I6).
select
    i.item_id,
    b.site_id,
    b.business_date,
    b.batch_no,
    d.amount_cents as decided_cents,
    (i.carried ->> 'amount_cents')::bigint as carried_cents
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join newest_decision(i.item_id) as d on d.outcome in ('post', 'suspense')
where
    (cast(:since as date) is null or d.business_date >= :since)
    and i.carried is not null
    and d.maker = 'engine'
    and (i.carried ->> 'amount_cents')::bigint <> d.amount_cents;
