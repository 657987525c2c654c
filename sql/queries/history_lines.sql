-- Every ledger line of some contracts in the order written, with its journal.
select
    e.contract_id,
    j.journal_id,
    j.source_kind,
    j.source_key,
    j.item_id,
    j.business_date,
    j.effective_date,
    j.maker,
    o.source_kind as reversed_kind,
    coalesce(j.item_id, o.item_id) as unapplied_item_id,
    e.account,
    e.amount_cents,
    exists(select from journal as r where r.reverses = j.journal_id) as is_reversed,
    (
        j.source_kind = 'item' and exists (
            select from current_decision as d
            where d.item_id = j.item_id and d.outcome = 'suspense'
        )
    )
    or (j.source_kind = 'identification' and j.source_key like '%/kept') as is_suspense,
    case j.source_kind
        when 'identification'
            then (
                select l.excess from suspense_line as l
                where
                    l.work_id = cast(split_part(j.source_key, '/', 1) as bigint)
                    and l.line_no = cast(split_part(j.source_key, '/', 2) as int)
            )
        when 'item' then (
            select min(l.excess) from current_decision as d
            inner join decision_line as l on d.decision_id = l.decision_id
            where d.item_id = j.item_id and l.contract_id = e.contract_id
        )
    end as excess
from entry as e
inner join journal as j on e.journal_id = j.journal_id
left join journal as o on j.reverses = o.journal_id
where e.contract_id = any(cast(:contracts as bigint[]))
order by e.contract_id, j.journal_id, e.line_no
