-- Staged versions of the terms of known contracts that the database does not have yet.
select
    k.contract_id,
    k.account_number,
    n.version,
    n.valid_from,
    o.opened_on
from new_terms as n
inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
inner join opening as o on k.contract_id = o.contract_id
where
    not exists (
        select from contract_terms as t where t.contract_id = k.contract_id and t.version = n.version
    )
order by k.contract_id, n.valid_from, n.version
