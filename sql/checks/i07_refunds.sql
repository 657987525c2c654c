-- Open refunds are covered by what is payable, each was paid once and no more than was payable, and what is issued and
-- not cleared is in the ledger.
-- Why: money goes back to a customer once, out of what the ledger owes them (RULES I4, I7). The ledger's side is summed
-- from entries, the register's from its steps. A day's run checks the contracts whose refunds moved since.
with day_journal as materialized (
    select j.journal_id from journal as j
    where cast(:since as date) is not null and j.business_date >= :since and j.source_kind <> 'accrual'
),

touched as materialized (
    select distinct e.contract_id
    from day_journal as j
    inner join entry as e on j.journal_id = e.journal_id
    where
        e.journal_id >= (select min(d.journal_id) from day_journal as d)
        and e.account in ('payable.refund', 'payable.refund_outstanding') and e.contract_id is not null
    union
    select r.contract_id
    from refund_state as s
    inner join refund as r on s.refund_no = r.refund_no
    where cast(:since as date) is null or s.taken_on >= :since
),

register as materialized (
    select n.* from refund_now as n
    where n.contract_id in (select t.contract_id from touched as t)
),

payable as (
    select
        e.contract_id,
        cast(-sum(e.amount_cents) as bigint) as cents
    from entry as e
    where e.account = 'payable.refund' and e.contract_id in (select t.contract_id from touched as t)
    group by e.contract_id
),

paid as (
    select
        e.contract_id,
        j.source_key as refund_no,
        -e.amount_cents as cents,
        (
            select -sum(b.amount_cents) from entry as b
            where b.account = 'payable.refund' and b.contract_id = e.contract_id and b.journal_id <= j.journal_id
        ) as left_cents
    from entry as e
    inner join journal as j on e.journal_id = j.journal_id and j.source_kind = 'refund_paid'
    where
        e.account = 'payable.refund_outstanding'
        and e.contract_id in (select t.contract_id from touched as t)
)

select
    r.contract_id,
    'proposed or approved beyond what is payable' as fault,
    cast(sum(r.amount_cents) - coalesce(max(p.cents), 0) as bigint) as off_cents
from register as r
left join payable as p on r.contract_id = p.contract_id
where r.state in ('proposed', 'approved')
group by r.contract_id
having sum(r.amount_cents) > coalesce(max(p.cents), 0)
union all
select
    coalesce(r.contract_id, p.contract_id) as contract_id,
    'refund ' || coalesce(cast(r.refund_no as text), p.refund_no) || ' is not what was paid' as fault,
    coalesce(p.cents, 0) - coalesce(r.amount_cents, 0) as off_cents
from (
    select x.* from register as x
    where x.state not in ('proposed', 'approved', 'withdrawn')
) as r
full join paid as p on r.contract_id = p.contract_id and cast(r.refund_no as text) = p.refund_no
where r.amount_cents is distinct from p.cents
union all
select
    p.contract_id,
    'refund ' || p.refund_no || ' was paid beyond what was payable' as fault,
    cast(p.left_cents as bigint) as off_cents
from paid as p
where p.left_cents < 0
union all
select
    null as contract_id,
    'issued and not cleared' as fault,
    cast(x.ledger_cents - x.register_cents as bigint) as off_cents
from (
    select
        (
            select coalesce(-sum(e.amount_cents), 0) from entry as e where e.account = 'payable.refund_outstanding'
        ) as ledger_cents,
        (select coalesce(sum(n.amount_cents), 0) from refund_now as n where n.state = 'issued') as register_cents
) as x
where x.ledger_cents <> x.register_cents;
