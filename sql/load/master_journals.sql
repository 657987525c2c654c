-- One opening journal per staged contract that owes something, once.
insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
select
    'opening',
    k.lender_id || '/' || k.account_number,
    :opening_on as business_date,
    :opening_on as effective_date,
    :as_of,
    'master'
from new_contract as n
inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
where exists (select from charge as c where c.contract_id = k.contract_id)
on conflict (source_kind, source_key) do nothing;
