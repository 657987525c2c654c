-- An item has at most one active journal.
-- Why: replaying a file or a task changes nothing (RULES I4). A reversed item may be posted again.
select
    j.item_id,
    count(*) as journals,
    sum(j.clearing_cents)::bigint as clearing_cents
from item_journal as j
where (cast(:since as date) is null or j.business_date >= :since) and not j.is_reversed
group by j.item_id
having count(*) > 1;
