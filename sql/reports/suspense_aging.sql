-- Money of customers by age on a day: receipts in suspense, refunds payable and not paid out, refunds issued and not
-- cleared. Number of items and amount by account. After the years of the state (unclaimed.years), it is presumed
-- abandoned.
with payable as ( -- what is left of what became payable, the oldest first out
    select
        x.contract_id,
        min(x.business_date) as opened_on,
        max(x.balance_cents) as amount_cents
    from (
        select
            e.contract_id,
            j.business_date,
            -sum(e.amount_cents) over (partition by e.contract_id) as balance_cents,
            -e.amount_cents as cents,
            -sum(e.amount_cents) filter (where e.amount_cents < 0) over (
                partition by e.contract_id
                order by e.journal_id desc, e.line_no desc
            ) as newest_cents
        from entry as e
        inner join journal as j on e.journal_id = j.journal_id
        where
            e.account = 'payable.refund'
            and e.contract_id in (select p.contract_id from position as p where p.refund_cents > 0)
            and not exists ( -- what was paid out and stopped is as old as it was before
                select from journal as s
                where
                    j.source_kind in ('refund_paid', 'refund_stopped')
                    and s.source_kind = 'refund_stopped' and s.source_key = j.source_key
            )
    ) as x
    where x.cents > 0 and x.newest_cents - x.cents < x.balance_cents
    group by x.contract_id
),

open_item as (
    select
        s.account,
        s.contract_id,
        s.opened_on,
        s.amount_cents
    from suspense_open as s
    union all
    select
        'payable.refund' as account,
        p.contract_id,
        p.opened_on,
        p.amount_cents
    from payable as p
    union all
    select
        'payable.refund_outstanding' as account,
        n.contract_id,
        n.taken_on as opened_on,
        n.amount_cents
    from refund_now as n
    where n.state = 'issued'
)

select
    o.account,
    l.name,
    a.bucket,
    a.place,
    count(*) as items,
    sum(o.amount_cents)::bigint as amount_cents,
    min(o.opened_on) as oldest_on
from open_item as o
inner join ledger_account as l on o.account = l.account
left join contract as c on o.contract_id = c.contract_id
left join
    lateral (
        select make_interval(years => coalesce(p.value ->> c.state, p.value ->> '*')::int) as dormant
        from policy as p
        where
            p.rule = 'unclaimed.years' and p.valid_from <= :business_date
            and p.lender_id = coalesce(c.lender_id, p.lender_id)
        order by p.valid_from desc
        limit 1
    ) as y
    on true
cross join
    lateral (
        select
            case
                when o.opened_on = :business_date then 'today'
                when o.opened_on > cast(:business_date as date) - 8 then 'up to a week'
                when o.opened_on > cast(:business_date as date) - 31 then 'up to 30 days'
                when o.opened_on > cast(:business_date as date) - 91 then 'up to 90 days'
                when o.opened_on > cast(:business_date as date) - y.dormant then 'over 90 days'
                else 'presumed abandoned'
            end as bucket,
            case
                when o.opened_on = :business_date then 1
                when o.opened_on > cast(:business_date as date) - 8 then 2
                when o.opened_on > cast(:business_date as date) - 31 then 3
                when o.opened_on > cast(:business_date as date) - 91 then 4
                when o.opened_on > cast(:business_date as date) - y.dormant then 5
                else 6
            end as place
    ) as a
where o.opened_on <= :business_date
group by o.account, l.name, a.bucket, a.place
order by o.account, a.place
