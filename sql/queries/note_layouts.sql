-- Counts a bank's MICR line layout if one of these checks confirms it: the account token under that layout is already
-- known for the contract. Fifty per bank and layout are enough.
insert into bank_layout (routing, layout, item_id)
select distinct
    s.routing,
    s.layout,
    s.item_id
from payer_seen as s
inner join item as i on s.item_id = i.item_id
where
    i.item_id = any(cast(:items as bigint[]))
    and s.layout in ('left', 'end', 'whole')
    and (
        exists (
            select from payer as p where (p.account_token, p.contract_id) = (s.account_token, s.contract_id)
        )
        or exists (
            select from payer_seen as o
            where
                (o.account_token, o.contract_id) = (s.account_token, s.contract_id) and o.item_id <> s.item_id
                and not exists ( -- the same check again, not another check of the same payer
                    select
                    from payer_seen as w
                    inner join payer_seen as v on w.account_token = v.account_token
                    where
                        s.layout <> 'whole' and w.layout = 'whole'
                        and w.item_id = s.item_id and v.item_id = o.item_id
                )
        )
    )
    and (
        select count(*)
        from (select from bank_layout as k where (k.routing, k.layout) = (s.routing, s.layout) limit 50) as counted
    ) < 50
on conflict do nothing
