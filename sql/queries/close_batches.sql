-- Each batch of a site day, announced or captured, with everything that the tie-out compares.
select
    a.batch_no,
    a.announced_envelopes,
    a.announced_documents,
    a.set_aside as set_aside_files,
    t.declared_envelopes,
    t.declared_documents,
    t.declared_images,
    t.declared_cents,
    coalesce(t.envelopes, 0) as envelopes,
    coalesce(t.documents, 0) as documents,
    coalesce(t.images, 0) as images,
    coalesce(t.carried, 0) as carried,
    coalesce(t.carried_cents, 0) as carried_cents,
    coalesce(t.checks, 0) as checks,
    coalesce(t.checks_cents, 0) as checks_cents,
    coalesce(t.ledger_posted, 0) as posted,
    coalesce(t.ledger_posted_cents, 0) as posted_cents,
    coalesce(t.ledger_suspense, 0) as suspense,
    coalesce(t.ledger_suspense_cents, 0) as suspense_cents,
    coalesce(t.review, 0) as review,
    coalesce(t.review_cents, 0) as review_cents,
    coalesce(t.review_unread, 0) as review_unread,
    coalesce(t.rejected, 0) as rejected,
    coalesce(t.rejected_cents, 0) as rejected_cents,
    coalesce(t.support, 0) as support,
    coalesce(t.review_papers + t.rejected_papers, 0) as papers,
    coalesce(t.posted + t.suspense, 0) as accepted,
    coalesce(t.posted_cents + t.suspense_cents, 0) as accepted_cents,
    coalesce(t.journals, 0) as journals,
    coalesce(t.journals_cents, 0) as journals_cents,
    coalesce(t.straight_through, 0) as straight_through
from announced_batch as a
left join batch_tally as t on a.batch_id = t.batch_id
where a.site_id = :site_id and a.business_date = :business_date
order by a.batch_no
