-- Charges that are not there yet.
insert into charge (contract_id, charge_no, kind, due_on, amount_cents)
select
    k.contract_id,
    n.charge_no,
    n.kind,
    n.due_on,
    n.amount_cents
from new_charge as n
inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
on conflict (contract_id, charge_no) do nothing;
