-- No item has an active journal if its paper left, or its current decision is not to deposit it.
-- Why: what was returned or sent on never posts later (RULES I5): it is taken up again only until two people confirmed
-- that its paper left; an item in review has not been decided.
select
    j.item_id,
    j.journal_id,
    j.clearing_cents,
    d.outcome,
    exists(
        select from pull_list as p where p.item_id = j.item_id and p.action <> 'rescan' and p.state = 'confirmed'
    ) as has_left
from item_journal as j
left join newest_decision(j.item_id) as d on true
where
    (cast(:since as date) is null or j.business_date >= :since)
    and not j.is_reversed
    and (
        d.outcome is null
        or d.outcome not in ('post', 'suspense')
        or exists (
            select from pull_list as p where p.item_id = j.item_id and p.action <> 'rescan' and p.state = 'confirmed'
        )
    );
