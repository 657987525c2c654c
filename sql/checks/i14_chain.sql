-- The chain of ledger seals has no gap, and the sealed journals and entries are unchanged.
-- Why: changing any byte of sealed history breaks the chain (RULES I14). A day's run recomputes the last seal before
-- that day and checks all links; the full run recomputes every seal.
with seals as (
    select
        s.*,
        lag(s.chain) over w as chain_before,
        lag(s.to_journal_id) over w as journal_before,
        lag(s.seal_no) over w as seal_before
    from seal as s
    window w as (order by s.seal_no)
)

select
    s.seal_no,
    s.business_date,
    case
        when s.chain <> sha256(coalesce(s.chain_before, '') || s.digest) then 'link'
        when s.after_journal_id <> coalesce(s.journal_before, 0) or s.seal_no <> coalesce(s.seal_before, 0) + 1
            then 'gap'
        else 'content'
    end as fault
from seals as s
where
    s.chain <> sha256(coalesce(s.chain_before, '') || s.digest)
    or s.after_journal_id <> coalesce(s.journal_before, 0)
    or s.seal_no <> coalesce(s.seal_before, 0) + 1
    or (
        (cast(:since as date) is null or s.business_date = cast(:since as date) - 1)
        and not exists (
            select from ledger_digest(s.after_journal_id, s.to_journal_id) as d
            where d.journals = s.journals and d.entries = s.entries and d.digest = s.digest
        )
    );
