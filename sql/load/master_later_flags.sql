-- Staged flags of known contracts that the database does not have yet.
select
    k.contract_id,
    n.flag,
    n.valid_from
from new_flag as n
inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
inner join opening as o on k.contract_id = o.contract_id
where
    not exists (
        select from contract_flag as f
        where f.contract_id = k.contract_id and f.flag = n.flag and f.valid_from = n.valid_from
    )
order by k.contract_id, n.valid_from, n.flag
