-- What those contracts owe, in the order it is to be paid, laid end to end in the same way. Postings of one contract
-- wait for one another (the rows are locked in contract order, so that two batches cannot deadlock).
create temp table post_owed on commit drop as
with locked as materialized (
    select c.contract_id
    from contract as c
    where c.contract_id in (select p.contract_id from post_payment as p)
    order by c.contract_id
    for no key update
),

open_charge as (
    select
        g.charge_id,
        g.contract_id,
        g.kind,
        g.due_on,
        sum(e.amount_cents)::bigint as open_cents
    from locked
    inner join charge as g on locked.contract_id = g.contract_id
    inner join entry as e on g.charge_id = e.charge_id
    group by g.charge_id
    having sum(e.amount_cents) > 0
)

select
    o.charge_id,
    o.contract_id,
    o.kind,
    (sum(o.open_cents) over w)::bigint - o.open_cents as from_cents,
    (sum(o.open_cents) over w)::bigint as to_cents
from open_charge as o
window w as (
    partition by o.contract_id
    -- oldest installment first with its tax, then fees, then principal not yet due
    order by case o.kind when 'fee' then 2 when 'principal' then 3 else 1 end, o.due_on, o.charge_id
    rows unbounded preceding
)
