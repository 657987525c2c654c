-- Contracts that are not there yet.
insert into contract (
    lender_id, account_number, customer_id, product, state, installment_cents, due_day, opened_on
)
select
    u.lender_id,
    n.account_number,
    u.customer_id,
    n.product,
    n.state,
    n.installment_cents,
    n.due_day,
    n.opened_on
from new_contract as n
inner join customer as u on n.customer_no = u.customer_no and u.lender_id = :lender_id
on conflict (lender_id, account_number) do nothing;
