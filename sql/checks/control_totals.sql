-- A batch has the documents and cents that its sender declared, or the difference is on record.
-- Why: control totals are taken before any processing (RULES I6, batch header); a file lost on the way shows up here.
select
    t.site_id,
    t.business_date,
    t.batch_no,
    t.declared_documents,
    t.documents,
    t.declared_cents,
    t.carried_cents
from batch_tally as t
inner join announced_batch as a on t.batch_id = a.batch_id
where
    (cast(:since as date) is null or t.business_date >= :since)
    and not a.is_difference_noted
    and (
        t.declared_documents <> t.documents
        or t.declared_envelopes <> t.envelopes
        or t.declared_cents <> t.carried_cents
    );
