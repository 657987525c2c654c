-- All journals of one check, the payment and later uses of its unapplied money, with whether they were reversed.
select
    j.journal_id,
    j.source_kind,
    j.source_key,
    j.site_id,
    j.effective_date,
    exists(select from journal as r where r.reverses = j.journal_id) as is_reversed,
    coalesce((
        select sum(e.amount_cents) from entry as e
        where e.journal_id = j.journal_id and e.account like 'clearing.%'
    ), 0)::bigint as clearing_cents,
    d.journal_id as deposit_journal_id
from journal as j
left join deposit_item as i on j.item_id = i.item_id and j.source_kind = 'item'
left join deposit as d on i.deposit_id = d.deposit_id
where j.item_id = :item_id
order by j.journal_id
