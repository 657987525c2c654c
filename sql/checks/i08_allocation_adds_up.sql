-- The amounts applied to a contract from a check, unapplied money included, equal the amount decided for it.
-- Why: the parts of a payment add up to the payment (RULES I8).
with standing as materialized (
    select
        j.item_id,
        j.journal_id,
        d.decision_id
    from item_journal as j
    inner join newest_decision(j.item_id) as d on d.outcome = 'post' or d.suspense_kind = 'unapplied'
    where (cast(:since as date) is null or j.business_date >= :since) and not j.is_reversed
),

side as (
    select
        s.item_id,
        e.contract_id,
        -e.amount_cents as credited_cents,
        0 as decided_cents
    from standing as s
    inner join entry as e on s.journal_id = e.journal_id and e.account not like 'clearing.%'
    union all
    select
        s.item_id,
        l.contract_id,
        0 as credited_cents,
        l.amount_cents as decided_cents
    from standing as s
    inner join decision_line as l on s.decision_id = l.decision_id
),

identified as ( -- the same of what was identified out of suspense
    select
        j.item_id,
        e.contract_id,
        -e.amount_cents as credited_cents,
        0 as decided_cents
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
    where
        j.source_kind = 'identification'
        and (cast(:since as date) is null or j.item_id in (
            select x.item_id from journal as x where x.business_date >= :since and x.source_kind = 'identification'
        ))
        and not exists (select from journal as r where r.reverses = j.journal_id)
    union all
    select
        s.item_id,
        s.contract_id,
        0 as credited_cents,
        s.cents as decided_cents
    from suspense_standing as s
    inner join newest_decision(s.item_id) as d on s.version = d.version
    where
        s.contract_id is not null
        and exists (
            select from item_journal as j
            where
                j.item_id = s.item_id and not j.is_reversed
                and (cast(:since as date) is null or j.item_id in (
                    select x.item_id from journal as x
                    where x.business_date >= :since and x.source_kind = 'identification'
                ))
        )
)

select
    item_id,
    contract_id,
    sum(credited_cents)::bigint as credited_cents,
    sum(decided_cents)::bigint as decided_cents
from side
group by item_id, contract_id
having sum(credited_cents) <> sum(decided_cents)
union all
select
    item_id,
    contract_id,
    sum(credited_cents)::bigint as credited_cents,
    sum(decided_cents)::bigint as decided_cents
from identified
group by item_id, contract_id
having sum(credited_cents) <> sum(decided_cents);
