-- An installment has at most one active late fee, and the fee's journal has the same amount.
-- Why: RULES I12. A unique index enforces the first part; this checks again in case it was off.
select
    f.contract_id,
    f.installment_no,
    count(*) as fees,
    sum(f.amount_cents)::bigint as amount_cents
from late_fee as f
where f.reversed_by is null
group by f.contract_id, f.installment_no
having count(*) > 1
union all
select
    f.contract_id,
    f.installment_no,
    0 as fees,
    f.amount_cents
from late_fee as f
inner join journal as j on f.journal_id = j.journal_id and j.source_kind = 'late_fee'
where
    (cast(:since as date) is null or j.business_date >= :since)
    and f.amount_cents is distinct from (
        select sum(e.amount_cents) from entry as e
        where e.journal_id = f.journal_id and e.contract_id = f.contract_id and e.account = 'receivable.fee'
    );
