-- Records who paid which contract, from posted checks. Money orders and cashier's checks are drawn on
-- the issuer's account and do not show who pays.
insert into payer_seen (account_token, contract_id, item_id, layout, routing, seen_on)
select distinct on (t.account_token, l.contract_id, i.item_id)
    t.account_token,
    l.contract_id,
    i.item_id,
    t.layout,
    t.routing,
    b.business_date
from item as i
inner join batch as b on i.batch_id = b.batch_id
inner join newest_decision(i.item_id) as d on d.outcome = 'post'
inner join decision_line as l on d.decision_id = l.decision_id
left join lateral (
    select newest.* from reading as newest
    where newest.item_id = i.item_id
    order by newest.reading_id desc
    limit 1
) as r on true
cross join
    lateral (
        select
            i.carried ->> 'account_token' as account_token,
            'sure' as layout,
            i.carried ->> 'routing' as routing
        where i.carried ->> 'account_token' is not null
        union all
        select
            p.account_token,
            p.layout,
            p.routing
        from item_payer as p
        where p.item_id = i.item_id and p.readers = r.readers and i.carried ->> 'account_token' is null
    ) as t
where
    i.item_id = any(cast(:items as bigint[]))
    and exists (select from journal as j where j.item_id = i.item_id and j.source_kind = 'item')
    and coalesce(r.reading #>> '{fields,check_kind,candidates,0,value}', '') not in ('money_order', 'cashiers')
order by t.account_token, l.contract_id, i.item_id, t.layout
on conflict do nothing
