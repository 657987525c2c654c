-- The contracts that some items paid for a date whose night had already run, each with the first such payment.
select distinct on (e.contract_id)
    e.contract_id,
    j.journal_id,
    j.business_date,
    j.effective_date
from journal as j
inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
inner join opening as o on e.contract_id = o.contract_id
where
    j.item_id = any(cast(:items as bigint[])) and j.source_kind = 'item'
    and not exists (select from journal as r where r.reverses = j.journal_id)
    -- usually there is nothing to do
    and exists (
        select from decision as d
        where
            d.item_id = any(cast(:items as bigint[]))
            and d.effective_date <= coalesce((select max(n.business_date) from night as n), 'infinity')
    )
    and j.effective_date <= greatest(o.opened_on, (select max(n.business_date) from night as n))
order by e.contract_id, j.journal_id
