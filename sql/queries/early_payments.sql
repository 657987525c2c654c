-- A lender's contracts that were paid on a day before the interest of the previous night was written, each with its
-- first such payment.
select distinct on (e.contract_id)
    e.contract_id,
    j.journal_id,
    j.business_date,
    j.effective_date
from journal as j
inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
inner join contract as c on e.contract_id = c.contract_id and c.lender_id = :lender_id
where
    j.source_kind = 'item'
    and j.business_date = :day
    and j.effective_date = :day
    and j.journal_id < (
        select max(a.journal_id) from journal as a
        where
            a.source_kind = 'accrual' and a.business_date = cast(:day as date) - 1
            and a.source_key = :lender_id || '/' || (cast(:day as date) - 1)
    )
order by e.contract_id, j.journal_id
