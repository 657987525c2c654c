-- Each accepted check stands in clearing with the amount decided, at the site that received it.
-- Why: batches may tie while two checks have each other's amount (RULES I6).
select
    i.item_id,
    b.site_id,
    b.business_date,
    b.batch_no,
    d.outcome,
    d.amount_cents as decided_cents,
    j.clearing_cents,
    j.site_id as journal_site_id
from current_decision as d
inner join item as i on d.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
inner join item_journal as j on i.item_id = j.item_id and not j.is_reversed
where d.outcome in ('post', 'suspense') and (j.clearing_cents <> d.amount_cents or j.site_id <> b.site_id);
