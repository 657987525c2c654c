-- Suspense in the ledger is the sum of its open items, each explained by a decision, none below 0.
-- Why: unposted money is owned item by item, never a plug (RULES I7). For each check: what was decided, less what went
-- to charges, is what stands in suspense.
select
    coalesce(j.item_id, w.item_id) as item_id,
    coalesce(j.suspense_cents, 0) as ledger_cents,
    coalesce(w.expected_cents, 0) as expected_cents
from (
    select
        coalesce(j.item_id, r.item_id) as item_id,
        (-sum(e.amount_cents) filter (where e.account like 'suspense.%'))::bigint as suspense_cents
    from entry as e
    inner join journal as j on e.journal_id = j.journal_id
    left join journal as r on j.reverses = r.journal_id
    where j.source_kind in ('item', 'reversal') or e.account like 'suspense.%'
    group by coalesce(j.item_id, r.item_id)
) as j
full join (
    select
        d.item_id,
        d.amount_cents - coalesce(a.applied_cents, 0) as expected_cents
    from current_decision as d
    inner join item_journal as o on d.item_id = o.item_id and not o.is_reversed
    left join (
        select
            jj.item_id,
            (-sum(e.amount_cents))::bigint as applied_cents
        from entry as e
        inner join journal as jj on e.journal_id = jj.journal_id and jj.source_kind = 'item'
        where e.charge_id is not null
        group by jj.item_id
    ) as a on d.item_id = a.item_id
    where d.outcome in ('post', 'suspense')
) as w on j.item_id = w.item_id
where
    coalesce(j.suspense_cents, 0) <> coalesce(w.expected_cents, 0)
    or j.suspense_cents < 0
    or (j.item_id is null and j.suspense_cents <> 0);
