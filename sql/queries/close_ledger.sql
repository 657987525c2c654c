-- One site day according to the ledger, independent of any decision: clearing before and after its deposit.
with line as (
    select
        j.source_kind,
        j.item_id,
        e.account,
        e.amount_cents,
        b.business_date as captured_on
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id
    left join item as i on j.item_id = i.item_id
    left join batch as b on i.batch_id = b.batch_id
    where
        j.site_id = :site_id
        and j.business_date = :business_date
        and e.account in ('clearing.' || :site_id, 'bank.deposits')
),

cleared as (
    select
        count(*) filter (where source_kind = 'item')
        - count(*) filter (where source_kind = 'reversal') as clearing,
        coalesce(sum(amount_cents) filter (where source_kind <> 'deposit'), 0)::bigint as clearing_cents,
        coalesce(sum(amount_cents), 0)::bigint as left_cents,
        count(*) filter (where captured_on <> :business_date) as earlier,
        coalesce(sum(amount_cents) filter (where captured_on <> :business_date), 0)::bigint as earlier_cents
    from line
    where account <> 'bank.deposits'
),

later as (
    select
        count(*) as later,
        coalesce(sum(j.clearing_cents), 0)::bigint as later_cents
    from item_journal as j
    inner join item as i on j.item_id = i.item_id
    inner join batch as b on i.batch_id = b.batch_id
    where
        b.site_id = :site_id
        and b.business_date = :business_date
        and j.business_date <> b.business_date
        and not j.is_reversed
),

bank as (
    select coalesce(sum(amount_cents) filter (where source_kind = 'deposit'), 0)::bigint as bank_cents
    from line
    where account = 'bank.deposits'
)

select
    c.*,
    l.*,
    b.bank_cents,
    d.items as deposit,
    d.amount_cents as deposit_cents,
    (
        select count(*) from deposit_item as di where di.deposit_id = d.deposit_id
    ) as deposit_items,
    (
        select coalesce(sum(j.clearing_cents), 0)::bigint
        from deposit_item as di
        inner join item_journal as j on di.item_id = j.item_id
        where di.deposit_id = d.deposit_id
    ) as deposit_items_cents
from cleared as c
cross join later as l
cross join bank as b
left join deposit as d on d.site_id = :site_id and d.business_date = :business_date
