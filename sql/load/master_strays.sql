-- Staged rows that name a customer or contract which neither the staged master nor the database has, and contracts that
-- come without what a contract must have: what is wrong, in which record, in which field.
with known as (
    select n.account_number from new_contract as n
    union
    select k.account_number from contract as k where k.lender_id = :lender_id
),

named as (
    select
        n.account_number,
        'terms version ' || n.version as record
    from new_terms as n
    union all
    select
        n.account_number,
        'installments of terms version ' || n.version as record
    from new_run as n
    union all
    select
        n.account_number,
        'lease terms of version ' || n.version as record
    from new_lease as n
    union all
    select
        n.account_number,
        'opening' as record
    from new_opening as n
    union all
    select
        n.account_number,
        'flag ' || n.flag as record
    from new_flag as n
    union all
    select
        n.account_number,
        'payer' as record
    from new_payer as n
)

select
    'contract ' || n.account_number as record,
    'customer_no' as field,
    'no such customer: ' || n.customer_no as fault
from new_contract as n
where
    not exists (select from new_customer as u where u.customer_no = n.customer_no)
    and not exists (select from customer as u where u.customer_no = n.customer_no and u.lender_id = :lender_id)
union
select
    n.record || ' of contract ' || n.account_number as record,
    'account_number' as field,
    'no such contract: ' || n.account_number as fault
from named as n
where not exists (select from known as k where k.account_number = n.account_number)
union
select
    'contract ' || n.account_number as record,
    'terms' as field,
    'no terms for contract: ' || n.account_number as fault
from new_contract as n
where not exists (select from new_terms as t where t.account_number = n.account_number)
union
select
    'contract ' || n.account_number as record,
    'opening' as field,
    'no opening for contract: ' || n.account_number as fault
from new_contract as n
where not exists (select from new_opening as o where o.account_number = n.account_number)
union
select
    'terms version ' || n.version || ' of contract ' || n.account_number as record,
    'schedule' as field,
    'no installments' as fault
from new_terms as n
where not exists (select from new_run as r where r.account_number = n.account_number and r.version = n.version)
union
select
    'terms version ' || n.version || ' of contract ' || n.account_number as record,
    'version' as field,
    'version ' || n.version || ' comes twice' as fault
from new_terms as n
group by n.account_number, n.version
having count(*) > 1
union
select
    'terms version ' || n.version || ' of contract ' || n.account_number as record,
    'order_id' as field,
    'no such allocation order: ' || n.order_id as fault
from new_terms as n
where not exists (select from allocation_order as o where o.order_id = n.order_id and o.lender_id = :lender_id)
order by fault desc, record asc
limit 20
