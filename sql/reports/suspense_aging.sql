-- Money of customers by age on a day: receipts in suspense, refunds payable and not paid out, refunds issued and not
-- cleared. Number of items and amount by account. After the months of the state (unclaimed_rule), it is
-- presumed abandoned.
with open_item as (
    select
        s.account,
        s.contract_id,
        s.opened_on,
        s.amount_cents
    from (
        select
            e.account,
            e.contract_id,
            coalesce(j.item_id, r.item_id) as item_id, -- a reversal closes what the reversed journal opened
            least(min(j.business_date), min(f.deposited_on)) as opened_on, -- identified money keeps its age
            (-sum(e.amount_cents))::bigint as amount_cents
        from entry as e
        inner join journal as j on e.journal_id = j.journal_id
        left join journal as r on j.reverses = r.journal_id
        left join
            lateral (
                select min(d.business_date) as deposited_on
                from journal as d
                where j.source_kind = 'identification' and d.item_id = j.item_id and d.source_kind = 'item'
            ) as f
            on true
        where
            e.account in ('suspense.unidentified', 'suspense.unapplied')
            and (cast(:through as bigint) is null or j.journal_id <= :through)
        group by coalesce(j.item_id, r.item_id), e.account, e.contract_id
        having sum(e.amount_cents) <> 0
    ) as s
    union all
    select
        'payable.refund' as account,
        p.contract_id,
        p.opened_on,
        p.amount_cents
    from payable_open as p
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
        select make_interval(months => r.dormancy_months) as dormant
        from unclaimed_rule as r
        where
            r.lender_id = coalesce(c.lender_id, r.lender_id)
            and r.state in (c.state, '*')
            and r.valid_from <= :business_date
        order by r.state = '*', r.valid_from desc
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
