-- The billed installments of some contracts. `opening_cents` was credited before the contract was loaded, null for
-- those billed later. Credits of journals in `taken_back` are left out.
select
    i.contract_id,
    i.installment_no,
    i.due_on,
    i.amount_cents,
    i.tax_cents,
    i.is_last,
    i.billed_on is not null as is_billed,
    i.credited_cents - coalesce((
        select sum(c.amount_cents) from installment_credit as c
        where
            c.contract_id = i.contract_id and c.installment_no = i.installment_no
            and c.journal_id = any(cast(:taken_back as bigint[]))
    ), 0)::bigint as credited_cents,
    case
        -- also where a rent that came with the takeover was billed again since
        when i.billed_on <= o.opened_on or (k.product = 'lease' and i.installment_no between 1 and o.billed_through)
            then (
                select coalesce(sum(c.amount_cents), 0)::bigint
                from installment_credit as c
                inner join journal as j on c.journal_id = j.journal_id and j.source_kind = 'opening'
                where c.contract_id = i.contract_id and c.installment_no = i.installment_no
            )
    end as opening_cents
from installment as i
inner join opening as o on i.contract_id = o.contract_id
inner join contract as k on i.contract_id = k.contract_id
where i.contract_id = any(cast(:contracts as bigint[]))
order by i.contract_id, i.installment_no
