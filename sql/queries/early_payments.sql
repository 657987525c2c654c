-- A lender's contracts on which something was posted before the night ahead of it was run, each with the first such
-- journal: the nights through this one split or charged what they could not know in its place. What came after the
-- cut-off waits unapplied and is no such thing.
select distinct on (e.contract_id)
    e.contract_id,
    j.journal_id,
    j.business_date,
    j.effective_date
from journal as j
inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
inner join contract as c on e.contract_id = c.contract_id and c.lender_id = :lender_id
where
    j.source_kind in ('item', 'identification', 'fee')
    and j.business_date >= :day
    and j.effective_date between :day and j.business_date
    and e.contract_id not in (select o.contract_id from not_open_yet(:day) as o)
    and (
        j.effective_date > :day
        or j.journal_id < (
            select max(a.journal_id) from journal as a
            where
                a.source_kind = 'accrual' and a.business_date = cast(:day as date) - 1
                and a.source_key = :lender_id || '/' || (cast(:day as date) - 1)
        )
    )
order by e.contract_id, j.journal_id
