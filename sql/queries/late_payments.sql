-- The contracts that a batch paid for a date whose night had already run, each with its first such payment.
select distinct on (e.contract_id)
    e.contract_id,
    j.journal_id,
    j.business_date,
    j.effective_date
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join journal as j on i.item_id = j.item_id and j.source_kind = 'item'
inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
inner join opening as o on e.contract_id = o.contract_id
where
    b.batch_id = :batch_id
    -- usually there is nothing to do
    and b.effective_date <= coalesce((select max(n.business_date) from night as n), 'infinity')
    and j.effective_date <= greatest(o.opened_on, (select max(n.business_date) from night as n))
order by e.contract_id, j.journal_id
