-- Flags that are not there yet.
insert into contract_flag (contract_id, flag, valid_from, valid_to)
select
    k.contract_id,
    n.flag,
    n.valid_from,
    n.valid_to
from new_flag as n
inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
on conflict (contract_id, flag, valid_from) do nothing;
