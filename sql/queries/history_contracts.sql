-- Some contracts with their openings.
select
    c.*,
    o.opened_on as taken_over_on,
    o.carry,
    o.base_cents,
    o.period_cents,
    o.fee_ahead_cents,
    o.paid_through,
    o.billed_through
from contract as c
inner join opening as o on c.contract_id = o.contract_id
where c.contract_id = any(cast(:contracts as bigint[]))
