-- Every accepted check is in clearing for the amount decided, at the site that received it.
-- Why: a batch may tie even if the amounts of two checks were swapped (RULES I6).
select
    i.item_id,
    b.site_id,
    b.business_date,
    b.batch_no,
    d.outcome,
    d.amount_cents as decided_cents,
    j.clearing_cents,
    j.site_id as journal_site_id
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join newest_decision(i.item_id) as d on d.outcome in ('post', 'suspense')
inner join item_journal as j on i.item_id = j.item_id and not j.is_reversed
where
    (cast(:since as date) is null or d.business_date >= :since)
    and (j.clearing_cents <> d.amount_cents or j.site_id <> b.site_id);
