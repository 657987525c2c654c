-- The flags of some contracts.
select
    f.contract_id,
    f.flag,
    f.valid_from,
    f.valid_to
from contract_flag as f
where f.contract_id = any(cast(:contracts as bigint[]))
order by f.contract_id, f.valid_from, f.flag
