-- Staged rows that name a customer or contract which neither the staged master nor the database has.
select
    'customer' as about,
    customer_no as name
from new_contract
where customer_no not in (select customer_no from customer where lender_id = :lender_id)
union
select
    'contract' as about,
    account_number as name
from (
    select account_number from new_charge
    union all
    select account_number from new_flag
    union all
    select account_number from new_payer
) as n
where account_number not in (select account_number from contract where lender_id = :lender_id)
order by about desc, name asc
limit 20;
