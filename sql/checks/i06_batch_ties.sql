-- In every posted batch, checks captured equal posted, suspense, in review, rejected and returned, in count and cents.
-- Why: no check is lost or created (RULES I6). Captured comes from items and decisions, posted and suspense from
-- clearing entries in the ledger: two independent sources.
select
    t.site_id,
    t.business_date,
    t.batch_no,
    t.checks as captured,
    t.ledger_posted + t.ledger_suspense + t.review + t.rejected + r.checks as accounted,
    t.checks_cents as captured_cents,
    t.ledger_posted_cents + t.ledger_suspense_cents + t.review_cents + t.rejected_cents + r.posted_cents
    + r.suspense_cents as accounted_cents,
    t.journals + r.checks - t.posted - t.suspense as journals_too_many
from batch_tally as t
inner join stage_run as s
    on s.scope = t.site_id || '/' || t.business_date || '/' || t.batch_no and s.stage = 'post' and s.state = 'done'
cross join
    lateral ( -- returned by the bank after the deposit and not posted again
        select
            count(*) as checks,
            coalesce(sum(j.clearing_cents) filter (where d.outcome = 'post'), 0) as posted_cents,
            coalesce(sum(j.clearing_cents) filter (where d.outcome = 'suspense'), 0) as suspense_cents
        from item as i
        inner join item_journal as j on i.item_id = j.item_id and j.is_reversed and j.is_returned
        inner join newest_decision(i.item_id) as d on true
        where
            i.batch_id = t.batch_id
            and not exists (select from item_journal as s where s.item_id = i.item_id and not s.is_reversed)
    ) as r
where
    (cast(:since as date) is null or t.business_date >= :since)
    and (
        t.checks <> t.ledger_posted + t.ledger_suspense + t.review + t.rejected + r.checks
        or t.checks_cents
        <> t.ledger_posted_cents + t.ledger_suspense_cents + t.review_cents + t.rejected_cents + r.posted_cents
        + r.suspense_cents
        or t.journals + r.checks <> t.posted + t.suspense
        or t.ledger_posted_cents + r.posted_cents <> t.posted_cents
        or t.ledger_suspense_cents + r.suspense_cents <> t.suspense_cents
    );
