-- What tells an item's check from others, as read or carried.
select
    i.item_id,
    i.carried,
    r.reading,
    r.account_token,
    coalesce((
        select jsonb_object_agg(p.layout, p.account_token) from item_payer as p
        where p.item_id = i.item_id and p.readers = r.readers
    ), '{}') as payers
from item as i
left join lateral (
    select x.* from reading as x where x.item_id = i.item_id order by x.reading_id desc limit 1
) as r on true
where i.item_id = :item
