-- The contracts for which money was identified by some journals, for a date whose night had already run, each with the
-- first such journal.
select distinct on (e.contract_id)
    e.contract_id,
    j.journal_id,
    j.business_date,
    j.effective_date
from journal as j
inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
inner join opening as o on e.contract_id = o.contract_id
where
    j.journal_id = any(cast(:journals as bigint[]))
    and j.effective_date <= greatest(o.opened_on, (select max(n.business_date) from night as n))
order by e.contract_id, j.journal_id
