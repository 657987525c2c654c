-- Money in suspense of one site from the close before to the end of a day, by account, as the ledger has it: what came
-- in, was applied, identified or moved, and refunded. Counted is what the close before had not seen, or what came for a
-- later day then: the night after a close, too. What was taken over unapplied with its contract is of no site. Beside
-- it the open items: unidentified money as decisions and people's proposals have it, unapplied money check by check.
with before as (
    select
        c.business_date,
        c.totals,
        cast(c.totals -> 'suspense_roll' ->> 'seen' as pg_snapshot) as seen,
        cast(c.totals ->> 'through_journal' as bigint) as through_journal
    from day_close as c
    where c.site_id = :site_id and c.business_date < :business_date
    order by c.business_date desc
    limit 1
),

line as (
    select
        e.account,
        coalesce(j.item_id, r.item_id) as item_id,
        -e.amount_cents as cents,
        j.reverses is not null as is_reversal,
        coalesce(r.source_kind, j.source_kind) as kind,
        coalesce((
            select
                j.business_date <= b.business_date and j.journal_id <= b.through_journal
                and pg_visible_in_snapshot(j.written_by, b.seen)
            from before as b
        ), false) as is_before
    from entry as e
    inner join journal as j on e.journal_id = j.journal_id and j.business_date <= :business_date
    left join journal as r on j.reverses = r.journal_id
    inner join item as i on coalesce(j.item_id, r.item_id) = i.item_id
    inner join batch as t on i.batch_id = t.batch_id and t.site_id = :site_id
    where e.account in ('suspense.unidentified', 'suspense.unapplied')
),

ledger as (
    select
        l.account,
        sum(l.cents) filter (where not l.is_before and l.kind = 'item') as taken_in,
        sum(l.cents) filter (where not l.is_before and l.kind = 'identification' and not l.is_reversal) as identified,
        sum(l.cents) filter (where not l.is_before and l.kind = 'identification' and l.is_reversal) as moved,
        sum(l.cents) filter (where not l.is_before and l.kind in ('refund', 'sender_refund')) as refunded,
        sum(l.cents) filter (
            where not l.is_before and l.kind not in ('item', 'identification', 'refund', 'sender_refund')
        ) as applied,
        sum(l.cents) as closing
    from line as l
    group by l.account
),

deposited as ( -- checks that are in the ledger and were not taken back by the end of the day
    select
        d.item_id,
        d.version,
        case
            when d.suspense_kind = 'unidentified' then d.amount_cents
            else coalesce((
                select sum(l.amount_cents) from decision_line as l
                where l.decision_id = d.decision_id and l.contract_id is null
            ), 0)
        end as cents
    from decision as d
    where
        d.site_id = :site_id and d.business_date <= :business_date
        and (
            d.suspense_kind = 'unidentified'
            or exists (
                select from decision_line as l where l.decision_id = d.decision_id and l.contract_id is null
            )
        )
        and not exists (
            select from decision as n
            where n.item_id = d.item_id and n.version > d.version and n.business_date <= :business_date
        )
        and exists (
            select from journal as j
            where
                j.item_id = d.item_id and j.source_kind = 'item' and j.business_date <= :business_date
                and not exists (
                    select from journal as r where r.reverses = j.journal_id and r.business_date <= :business_date
                )
        )
),

open_item as (
    select
        'suspense.unidentified' as account,
        d.cents + coalesce(s.cents, 0) as cents
    from deposited as d
    left join suspense_standing as s
        on d.item_id = s.item_id and d.version = s.version and s.contract_id is null
    union all
    select
        l.account,
        sum(l.cents) as cents
    from line as l
    where l.account = 'suspense.unapplied'
    group by l.account, l.item_id
)

select
    cast(pg_current_snapshot() as text) as seen,
    split_part(a.account, '.', 2) as account,
    coalesce((
        select cast(b.totals -> 'suspense_roll' -> split_part(a.account, '.', 2) ->> 'closing' as bigint)
        from before as b
    ), 0) as opening,
    cast(coalesce(l.taken_in, 0) as bigint) as taken_in,
    cast(coalesce(l.identified, 0) as bigint) as identified,
    cast(coalesce(l.applied, 0) as bigint) as applied,
    cast(coalesce(l.moved, 0) as bigint) as moved,
    cast(coalesce(l.refunded, 0) as bigint) as refunded,
    cast(coalesce(l.closing, 0) as bigint) as closing,
    coalesce(o.items, 0) as items,
    cast(coalesce(o.cents, 0) as bigint) as items_cents
from (values ('suspense.unidentified'), ('suspense.unapplied')) as a (account)
left join ledger as l on a.account = l.account
left join (
    select
        x.account,
        count(*) as items,
        sum(x.cents) as cents
    from open_item as x
    where x.cents > 0
    group by x.account
) as o on a.account = o.account
order by a.account desc
