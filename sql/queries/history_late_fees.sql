-- The active late fees of some contracts.
select
    f.contract_id,
    f.installment_no,
    f.charged_on,
    f.amount_cents,
    j.source_kind = 'opening' as is_opening
from late_fee as f
inner join journal as j on f.journal_id = j.journal_id
where f.contract_id = any(cast(:contracts as bigint[])) and f.reversed_by is null
order by f.contract_id, f.charged_on, f.installment_no
