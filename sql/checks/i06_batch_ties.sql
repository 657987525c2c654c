-- Per posted batch, in count and cents, what was captured is posted, in suspense, in review or rejected.
-- Why: no check is lost or made (RULES I6). Captured comes from items and decisions, posted and suspense from the
-- clearing entries of the ledger: neither side is held against itself.
select
    t.site_id,
    t.business_date,
    t.batch_no,
    t.checks as captured,
    t.ledger_posted + t.ledger_suspense + t.review + t.rejected as accounted,
    t.checks_cents as captured_cents,
    t.ledger_posted_cents + t.ledger_suspense_cents + t.review_cents + t.rejected_cents as accounted_cents,
    t.journals - t.posted - t.suspense as journals_too_many
from batch_tally as t
inner join stage_run as s
    on s.scope = t.site_id || '/' || t.business_date || '/' || t.batch_no and s.stage = 'post' and s.state = 'done'
where
    (cast(:since as date) is null or t.business_date >= :since)
    and (
        t.checks <> t.ledger_posted + t.ledger_suspense + t.review + t.rejected
        or t.checks_cents <> t.ledger_posted_cents + t.ledger_suspense_cents + t.review_cents + t.rejected_cents
        or t.journals <> t.posted + t.suspense
        or t.ledger_posted_cents <> t.posted_cents
        or t.ledger_suspense_cents <> t.suspense_cents
    );
