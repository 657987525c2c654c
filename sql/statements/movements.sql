-- What happened on each contract between two snapshots of the ledger, one row for each journal, the nights' interest in
-- one. `asks`: [{contract_id, seen, previous_seen, previous_sealed}]. Debits positive: what raises the debt. What was
-- sealed before the first snapshot is all in it: history before that is not read.
with ask as (
    select
        a.contract_id,
        a.seen,
        a.previous_seen,
        a.previous_sealed
    from jsonb_to_recordset(cast(:asks as jsonb)) as a (
        contract_id bigint, seen pg_snapshot, previous_seen pg_snapshot, previous_sealed bigint
    )
),

line as (
    select
        a.contract_id,
        case when j.source_kind = 'identification' then 'item' else j.source_kind end as source_kind,
        case when j.source_kind <> 'accrual' then j.journal_id end as journal_id,
        substring(e.account from '[a-z]+$') as part,
        e.amount_cents,
        j.business_date,
        j.effective_date,
        case when rj.source_kind = 'identification' then 'item' else rj.source_kind end as reversed_kind,
        j.reason,
        rj.journal_id is not null
        and (a.previous_seen is null or not pg_visible_in_snapshot(rj.written_by, a.previous_seen)) as is_of_period
    from ask as a
    inner join entry as e on a.contract_id = e.contract_id and a.previous_sealed < e.journal_id
    inner join journal as j on e.journal_id = j.journal_id
    left join journal as rj on j.reverses = rj.journal_id
    where
        pg_visible_in_snapshot(j.written_by, a.seen)
        and (a.previous_seen is null or not pg_visible_in_snapshot(j.written_by, a.previous_seen))
        and e.account in (
            'receivable.principal', 'receivable.interest', 'receivable.fee', 'receivable.rent', 'receivable.tax',
            'suspense.unapplied'
        )
),

part as (
    select
        contract_id, source_kind, journal_id, reversed_kind, reason, is_of_period, part,
        max(business_date) as business_date,
        max(effective_date) as effective_date,
        sum(amount_cents)::bigint as amount_cents
    from line
    group by contract_id, source_kind, journal_id, reversed_kind, reason, is_of_period, part
)

select
    contract_id,
    source_kind,
    journal_id,
    reversed_kind,
    reason,
    is_of_period, -- what is reversed was posted since the first snapshot, too
    max(business_date) as posted_on,
    max(effective_date) as effective_on,
    sum(amount_cents)::bigint as amount_cents,
    jsonb_object_agg(part, amount_cents) as parts,
    ( -- what was decided of the payer's instruction when the check was posted
        select
            case
                when l.excess = 'principal' then 'principal_only'
                when 'principal_only_barred' = any(d.reasons) then 'principal_only_barred'
            end
        from journal as j
        inner join decision as d on j.item_id = d.item_id and j.posted_at >= d.decided_at
        inner join decision_line as l on d.decision_id = l.decision_id
        where part.source_kind = 'item' and j.journal_id = part.journal_id and l.contract_id = part.contract_id
        order by d.version desc
        limit 1
    ) as instruction
from part
group by contract_id, source_kind, journal_id, reversed_kind, reason, is_of_period
order by contract_id, posted_on, source_kind = 'accrual', journal_id
