-- Bank accounts that are not known yet for a contract; the day a known one was first seen stays.
insert into payer (account_token, contract_id, first_seen_on)
select
    n.account_token,
    k.contract_id,
    n.first_seen_on
from new_payer as n
inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
on conflict (account_token, contract_id) do nothing;
