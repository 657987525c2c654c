-- The unapplied money of a contract by check; money from the opening balance has no check.
create or replace view unapplied_open as
select
    e.contract_id,
    coalesce(j.item_id, r.item_id) as item_id,
    min(e.journal_id) as first_journal_id,
    (-sum(e.amount_cents))::bigint as amount_cents
from entry as e
inner join journal as j on e.journal_id = j.journal_id
left join journal as r on j.reverses = r.journal_id
where e.account = 'suspense.unapplied'
group by e.contract_id, coalesce(j.item_id, r.item_id)
having sum(e.amount_cents) <> 0;
