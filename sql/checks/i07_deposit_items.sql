-- A deposit equals the sum of its items and its journal, and includes every check accepted on a closed day.
-- Why: batch header = deposit ticket = bank credit (RULES I6, I7).
select
    d.site_id,
    d.business_date,
    'deposit differs from its items or its journal' as fault,
    d.items - count(j.item_id) as off_items,
    (d.amount_cents - coalesce(sum(j.clearing_cents), 0))::bigint as off_cents
from deposit as d
left join deposit_item as i on d.deposit_id = i.deposit_id
left join item_journal as j
    on i.item_id = j.item_id and d.site_id = j.site_id and d.business_date = j.business_date
where (cast(:since as date) is null or d.business_date >= :since)
group by d.deposit_id
having
    d.items <> count(j.item_id)
    or d.amount_cents <> coalesce(sum(j.clearing_cents), 0)
    or d.amount_cents <> (
        select coalesce(sum(e.amount_cents), 0) from entry as e
        where e.journal_id = d.journal_id and e.account = 'bank.deposits'
    )
union all
select
    j.site_id,
    j.business_date,
    'accepted on a closed day and not deposited' as fault,
    count(*) as off_items,
    sum(j.clearing_cents)::bigint as off_cents
from item_journal as j
inner join day_close as c on j.site_id = c.site_id and j.business_date = c.business_date
left join deposit_item as i on j.item_id = i.item_id
where
    (cast(:since as date) is null or j.business_date >= :since)
    and i.item_id is null and not j.is_reversed
group by j.site_id, j.business_date;
