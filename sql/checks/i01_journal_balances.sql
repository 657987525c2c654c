-- Every journal has at least two lines, no zero lines, and sums to 0.
-- Why: double entry (RULES I1). A database trigger enforces it; this checks again in case the trigger was off.
select
    j.journal_id,
    j.source_kind,
    j.source_key,
    count(e.line_no) as lines,
    coalesce(sum(e.amount_cents), 0)::bigint as off_cents
from journal as j
left join entry as e on j.journal_id = e.journal_id
where (cast(:since as date) is null or j.business_date >= :since)
group by j.journal_id
having count(e.line_no) < 2 or sum(e.amount_cents) <> 0 or bool_or(e.amount_cents = 0);
