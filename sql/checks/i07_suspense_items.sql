-- Suspense in the ledger equals the sum of its open items, each supported by a decision, none below 0.
-- Why: every dollar in suspense belongs to an item; there are no plug entries (RULES I7). For each check, the amount
-- decided less what was applied to its contracts or refunded to the payer equals what is in suspense.
with touched as materialized (
    select distinct coalesce(j.item_id, r.item_id) as item_id
    from journal as j
    left join journal as r on j.reverses = r.journal_id
    where
        (cast(:since as date) is null or j.business_date >= :since)
        and coalesce(j.item_id, r.item_id) is not null
),

moved as ( -- all that was ever written for these checks
    select
        t.item_id,
        o.journal_id,
        o.source_kind = 'item' as is_payment,
        false as is_taken_back
    from touched as t
    inner join journal as o on t.item_id = o.item_id
    union all
    select
        t.item_id,
        r.journal_id,
        false as is_payment,
        o.source_kind = 'item' as is_taken_back
    from journal as r
    inner join journal as o on r.reverses = o.journal_id
    inner join touched as t on o.item_id = t.item_id
),

ledger as (
    select
        m.item_id,
        count(distinct m.journal_id) filter (where m.is_payment)
        > count(distinct m.journal_id) filter (where m.is_taken_back) as is_posted,
        (-coalesce(sum(e.amount_cents) filter (where e.account like 'suspense.%'), 0))::bigint as suspense_cents,
        (-coalesce(sum(e.amount_cents) filter (where e.account = 'suspense.unidentified'), 0))::bigint
            as unidentified_cents,
        (-coalesce(sum(e.amount_cents) filter (
            where e.account not like 'suspense.%' and e.account not like 'clearing.%'
        ), 0))::bigint as applied_cents
    from moved as m
    inner join entry as e on m.journal_id = e.journal_id
    group by m.item_id
)

select
    l.item_id,
    l.suspense_cents as ledger_cents,
    coalesce(d.amount_cents - l.applied_cents, 0) as expected_cents
from ledger as l
left join
    lateral (
        select
            n.amount_cents,
            case
                when n.suspense_kind = 'unidentified' then n.amount_cents
                else coalesce((
                    select sum(x.amount_cents) from decision_line as x
                    where x.decision_id = n.decision_id and x.contract_id is null
                ), 0)::bigint
            end + coalesce(( -- what people identified, refunded, or took back since
                select s.cents from suspense_standing as s
                where s.item_id = n.item_id and s.version = n.version and s.contract_id is null
            ), 0) as unidentified_cents
        from newest_decision(l.item_id) as n
        where l.is_posted and n.outcome in ('post', 'suspense')
    ) as d
    on true
where
    l.suspense_cents <> coalesce(d.amount_cents - l.applied_cents, 0)
    or l.suspense_cents < 0
    or l.unidentified_cents <> coalesce(d.unidentified_cents, 0)
    or (d.amount_cents is null and l.applied_cents <> 0)
union all
select
    null as item_id,
    (-sum(e.amount_cents))::bigint as ledger_cents,
    0 as expected_cents
from entry as e
inner join journal as j on e.journal_id = j.journal_id
left join journal as r on j.reverses = r.journal_id
where
    cast(:since as date) is null
    and e.account in ('suspense.unapplied', 'suspense.unidentified')
    and coalesce(j.item_id, r.item_id) is null
group by e.account, e.contract_id
having sum(e.amount_cents) > 0; -- entries without a check: only opening balances may be drawn down
