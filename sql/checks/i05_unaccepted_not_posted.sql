-- No item has an active journal if it was ever rejected or its current decision is not to deposit it.
-- Why: a rejected item never posts later under the same id (RULES I5); an item in review has not been decided.
select
    j.item_id,
    j.journal_id,
    j.clearing_cents,
    d.outcome,
    exists(select from decision as e where e.item_id = j.item_id and e.outcome = 'reject') as was_rejected
from item_journal as j
left join newest_decision(j.item_id) as d on true
where
    (cast(:since as date) is null or j.business_date >= :since)
    and not j.is_reversed
    and (
        d.outcome is null
        or d.outcome not in ('post', 'suspense')
        or exists (select from decision as e where e.item_id = j.item_id and e.outcome = 'reject')
    );
