-- Staged rows that name a customer or contract which neither the staged master nor the database has, and contracts that
-- come without what a contract must have.
select
    'no such customer' as fault,
    n.customer_no as name
from new_contract as n
where
    not exists (select from new_customer as u where u.customer_no = n.customer_no)
    and not exists (select from customer as u where u.customer_no = n.customer_no and u.lender_id = :lender_id)
union
select
    'no such contract' as fault,
    n.account_number as name
from (
    select account_number from new_terms
    union
    select account_number from new_opening
    union
    select account_number from new_flag
    union
    select account_number from new_payer
) as n
where
    not exists (select from new_contract as k where k.account_number = n.account_number)
    and not exists (
        select from contract as k where k.account_number = n.account_number and k.lender_id = :lender_id
    )
union
select
    'no terms for contract' as fault,
    n.account_number as name
from new_contract as n
where not exists (select from new_terms as t where t.account_number = n.account_number)
union
select
    'no opening for contract' as fault,
    n.account_number as name
from new_contract as n
where not exists (select from new_opening as o where o.account_number = n.account_number)
union
select
    'no such allocation order' as fault,
    n.order_id as name
from new_terms as n
where not exists (select from allocation_order as o where o.order_id = n.order_id and o.lender_id = :lender_id)
order by fault desc, name asc
limit 20
