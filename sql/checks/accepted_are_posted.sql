-- In a posted batch, every check decided to post or go to suspense has an active journal or was returned by the bank.
-- Why: deciding is not posting; money that is accepted but not in the ledger would go unnoticed (RULES I6).
select
    b.site_id,
    b.business_date,
    b.batch_no,
    i.item_id,
    d.outcome,
    d.amount_cents
from item as i
inner join batch as b on i.batch_id = b.batch_id
inner join stage_run as s
    on s.scope = b.site_id || '/' || b.business_date || '/' || b.batch_no and s.stage = 'post' and s.state = 'done'
inner join newest_decision(i.item_id) as d on d.outcome in ('post', 'suspense')
where
    (cast(:since as date) is null or d.business_date >= :since)
    and (d.resolution_id is not null or d.decided_at <= s.finished_at) -- else its batch is posted again
    and not exists (select from item_journal as j where j.item_id = i.item_id and (not j.is_reversed or j.is_returned));
