-- The journals that stand because a payment paid its contract off: the end of a lease that it bought, the shortage
-- that was waived with it. Columns as in item_journals.sql.
select
    j.journal_id,
    j.source_kind,
    j.source_key,
    j.site_id,
    j.effective_date
from entry as p
inner join entry as e on p.contract_id = e.contract_id
inner join journal as j on e.journal_id = j.journal_id and j.source_kind in ('payoff', 'lease_end')
left join contract_event as v on e.contract_id = v.contract_id and j.source_key = v.kind || '/' || v.event_id
where
    p.journal_id = :journal_id
    and (
        (j.source_kind = 'payoff' and split_part(j.source_key, '/', 2) = cast(:journal_id as text))
        or (j.source_kind = 'lease_end' and v.facts -> 'payments' @> to_jsonb(cast(:journal_id as bigint)))
    )
    and not exists (select from journal as r where r.reverses = j.journal_id)
group by j.journal_id
order by j.journal_id
