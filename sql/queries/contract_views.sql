-- The contracts that a decision considers: those with these account numbers, and those that these payers paid before. A
-- bank account that pays very many contracts (a bill-payment service) leads to none.
with wanted as (
    select contract_id from contract where account_number = any(:numbers)
    union
    select p.contract_id
    from unnest(cast(:tokens as text[])) as t (token)
    cross join
        lateral (
            select few.contract_id, count(*) over () as contracts
            from (
                select distinct k.contract_id
                from (select one.contract_id from payer_known as one where one.account_token = t.token limit 1001) as k
                limit 101
            ) as few
        ) as p
    where p.contracts <= 100
)

select
    c.contract_id,
    c.account_number,
    c.product,
    r.installment_cents,
    cu.name as customer_name,
    cu.address as customer_address,
    due.past_due_cents,
    due.current_due_cents,
    p.fee_cents,
    b.balance_cents,
    coalesce((
        select max(q.amount_cents) from payoff_quote as q
        where
            q.contract_id = c.contract_id and q.quoted_on <= :day and q.good_through >= :day
            and q.ending is distinct from 'paid'
    ), 0)::bigint as quote_cents,
    c.product = 'loan' and ao.principal_only as principal_only,
    array(
        select f.flag from contract_flag as f
        where f.contract_id = c.contract_id and f.valid_from <= :day and (f.valid_to is null or f.valid_to > :day)
        order by f.flag
    ) as flags,
    array(
        select distinct y.account_token from payer_known as y
        where y.contract_id = c.contract_id
        order by y.account_token
    ) as payers
from contract as c
inner join customer as cu on c.customer_id = cu.customer_id
inner join position as p on c.contract_id = p.contract_id
inner join contract_terms as t on p.contract_id = t.contract_id and p.terms_version = t.version
inner join allocation_order as ao on t.order_id = ao.order_id
cross join
    lateral (
        -- the installment billed last, or the first one to be billed
        select s.amount_cents + s.tax_cents as installment_cents
        from schedule_run as s
        where s.contract_id = c.contract_id and s.version = p.terms_version
        order by s.first_no < coalesce(p.next_no, 2147483647) desc, abs(coalesce(p.next_no, 2147483647) - s.first_no)
        limit 1
    ) as r
cross join lateral (select payoff_cents(c.contract_id, cast(:day as date)) as balance_cents) as b
cross join
    lateral (
        select
            coalesce(sum(greatest(o.amount_cents - o.credited_cents, 0)) filter (where o.due_on < :day), 0)::bigint
                as past_due_cents,
            coalesce(sum(greatest(o.amount_cents - o.credited_cents, 0)), 0)::bigint as due_cents,
            coalesce(bool_or(o.is_last), false) as is_last,
            coalesce(bool_or(o.is_last and o.due_on < :day), false) as is_last_past
        from installment as o
        where o.contract_id = c.contract_id and (o.credited_cents < o.amount_cents or o.is_last)
    ) as i
cross join
    lateral (
        -- a loan asks for no more than it owes, and its last installment for all of it
        select
            case
                when c.product = 'lease' then i.past_due_cents
                when i.is_last_past then b.balance_cents - p.fee_cents
                else least(i.past_due_cents, b.balance_cents - p.fee_cents)
            end as past_due_cents,
            case
                when c.product = 'lease' then i.due_cents
                when i.is_last then b.balance_cents - p.fee_cents
                else least(i.due_cents, b.balance_cents - p.fee_cents)
            end as due_cents
    ) as a
cross join
    lateral (
        select a.past_due_cents, a.due_cents - a.past_due_cents as current_due_cents
    ) as due
where c.contract_id in (select w.contract_id from wanted as w)
