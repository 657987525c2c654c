-- One site day according to the ledger, independent of any decision: what was posted and taken back, and clearing
-- before and after its deposit.
with posted as ( -- checks posted on the day and not taken back on it
    select
        j.item_id,
        j.clearing_cents,
        b.business_date <> j.business_date as is_earlier,
        p.deposit_id is not null and p.business_date < j.business_date as is_deposited
    from item_journal as j
    inner join item as i on j.item_id = i.item_id
    inner join batch as b on i.batch_id = b.batch_id
    left join deposit_item as t on j.item_id = t.item_id
    left join deposit as p on t.deposit_id = p.deposit_id
    where
        j.site_id = :site_id and j.business_date = :business_date
        and (j.business_date < coalesce(j.reversed_on, 'infinity') or j.is_returned)
),

taken_back as (
    select j.clearing_cents
    from journal as r
    inner join item_journal as j on r.reverses = j.journal_id
    where
        r.site_id = :site_id and r.business_date = :business_date and r.source_kind = 'reversal'
        and j.business_date < r.business_date and not j.is_returned
),

cleared as (
    select
        coalesce(sum(e.amount_cents) filter (where e.account = 'clearing.' || :site_id), 0)::bigint as left_cents,
        coalesce(sum(e.amount_cents) filter (
            where e.account = 'bank.deposits' and d.deposit_id is not null
        ), 0)::bigint as bank_cents
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id
    left join deposit as d on j.journal_id = d.journal_id
    where
        j.site_id = :site_id
        and j.business_date = :business_date
        and e.account in ('clearing.' || :site_id, 'bank.deposits')
)

select
    p.*,
    t.*,
    c.left_cents,
    c.bank_cents,
    d.items as deposit,
    d.amount_cents as deposit_cents,
    (
        select count(*) from deposit_item as di where di.deposit_id = d.deposit_id
    ) as deposit_items,
    (
        select coalesce(sum(j.clearing_cents), 0)::bigint
        from deposit_item as di
        inner join item_journal as j on di.item_id = j.item_id and j.business_date = d.business_date
        where di.deposit_id = d.deposit_id
    ) as deposit_items_cents
from (
    select
        count(*) as posted,
        coalesce(sum(x.clearing_cents), 0)::bigint as posted_cents,
        count(*) filter (where x.is_earlier) as earlier,
        coalesce(sum(x.clearing_cents) filter (where x.is_earlier), 0)::bigint as earlier_cents,
        count(*) filter (where x.is_deposited) as deposited,
        coalesce(sum(x.clearing_cents) filter (where x.is_deposited), 0)::bigint as deposited_cents
    from posted as x
) as p
cross join (
    select count(*) as taken_back, coalesce(sum(x.clearing_cents), 0)::bigint as taken_back_cents
    from taken_back as x
) as t
cross join cleared as c
left join deposit as d on d.site_id = :site_id and d.business_date = :business_date
