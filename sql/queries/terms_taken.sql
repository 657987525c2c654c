-- A lender's contracts whose terms changed on a day and that were paid on it before, under the old terms, or that have
-- billed rents with another amount than the terms now say, or fees that took what may be short no more; each with the
-- version in force.
select distinct on (t.contract_id)
    t.contract_id,
    t.version,
    t.valid_from
from contract_terms as t
inner join contract as c on t.contract_id = c.contract_id and c.lender_id = :lender_id
where
    t.valid_from = :day and t.version > 1
    and t.contract_id in (select o.contract_id from opening as o where o.opened_on < :day)
    and (
        exists (
            select from entry as e
            inner join journal as j on e.journal_id = j.journal_id
            where
                e.contract_id = t.contract_id and j.effective_date = :day
                and j.source_kind not in ('accrual', 'billing', 'late_fee')
        )
        or exists (
            select from position as p
            where p.contract_id = t.contract_id and p.fee_ahead_cents > 0 and c.product = 'loan'
        )
        or exists (
            select from installment as i
            left join schedule_run as r
                on
                    t.contract_id = r.contract_id and t.version = r.version
                    and i.installment_no >= r.first_no and i.installment_no < r.first_no + r.count
            where
                c.product = 'lease' and i.contract_id = t.contract_id and i.installment_no >= t.from_no
                and (i.amount_cents, i.tax_cents) is distinct from (r.amount_cents + r.tax_cents, r.tax_cents)
        )
    )
order by t.contract_id asc, t.version desc
