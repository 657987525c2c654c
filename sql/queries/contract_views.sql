-- What deciding needs to know of contracts: the ones with these account numbers, and those these payers paid before.
with wanted as (
    select contract_id from contract where account_number = any(:numbers)
    union
    select contract_id from payer where account_token = any(:tokens)
),

owed as (
    select
        o.contract_id,
        sum(o.open_cents) filter (where o.kind in ('installment', 'tax') and o.due_on < :day) as past_due_cents,
        sum(o.open_cents) filter (where o.kind in ('installment', 'tax') and o.due_on >= :day) as current_due_cents,
        sum(o.open_cents) filter (where o.kind = 'fee') as fee_cents,
        sum(o.open_cents) as balance_cents
    from charge_open as o
    where o.contract_id in (select w.contract_id from wanted as w)
    group by o.contract_id
)

select
    c.contract_id,
    c.account_number,
    c.product,
    c.installment_cents,
    cu.name as customer_name,
    coalesce(owed.past_due_cents, 0)::bigint as past_due_cents,
    coalesce(owed.current_due_cents, 0)::bigint as current_due_cents,
    coalesce(owed.fee_cents, 0)::bigint as fee_cents,
    coalesce(owed.balance_cents, 0)::bigint as balance_cents,
    array(
        select f.flag from contract_flag as f
        where f.contract_id = c.contract_id and f.valid_from <= :day and (f.valid_to is null or f.valid_to > :day)
        order by f.flag
    ) as flags,
    array(select p.account_token from payer as p where p.contract_id = c.contract_id order by p.account_token) as payers
from contract as c
inner join customer as cu on c.customer_id = cu.customer_id
left join owed on c.contract_id = owed.contract_id
where c.contract_id in (select w.contract_id from wanted as w)
