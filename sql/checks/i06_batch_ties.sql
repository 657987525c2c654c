-- In every posted batch, checks captured equal posted, suspense, held, sent on, in review and rejected, in count and
-- cents, at the end of the batch's own day. A check that its bank returned later was posted on that day.
-- Why: no check is lost or created (RULES I6). Captured comes from items and decisions, posted and suspense from
-- clearing entries in the ledger: two independent sources.
select
    t.site_id,
    t.business_date,
    t.batch_no,
    t.checks as captured,
    a.checks as accounted,
    t.checks_cents as captured_cents,
    a.cents as accounted_cents,
    t.journals - t.posted - t.suspense as journals_too_many
from batch_tally as t
inner join stage_run as s
    on s.scope = t.site_id || '/' || t.business_date || '/' || t.batch_no and s.stage = 'post' and s.state = 'done'
cross join
    lateral (
        select
            t.ledger_posted + t.ledger_suspense + t.review + t.held + t.sent_on + t.rejected as checks,
            t.ledger_posted_cents + t.ledger_suspense_cents + t.review_cents + t.held_cents + t.sent_on_cents
            + t.rejected_cents as cents
    ) as a
where
    (cast(:since as date) is null or t.business_date >= :since)
    and (
        t.checks <> a.checks
        or t.checks_cents <> a.cents
        or t.journals <> t.posted + t.suspense
        or t.ledger_posted_cents <> t.posted_cents
        or t.ledger_suspense_cents <> t.suspense_cents
    );
