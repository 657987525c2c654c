-- A contract's billed installments, with the amounts credited up to an instant and the active late fee.
select
    i.installment_no,
    i.due_on,
    i.amount_cents,
    i.tax_cents,
    i.billed_on,
    coalesce(sum(c.amount_cents) filter (where j.posted_at <= :as_of), 0)::bigint as credited_cents,
    max(c.credited_on) filter (where j.posted_at <= :as_of) as credited_on,
    (
        select f.amount_cents from late_fee as f
        inner join journal as k on f.journal_id = k.journal_id
        where
            f.contract_id = i.contract_id and f.installment_no = i.installment_no
            and f.reversed_by is null and k.posted_at <= :as_of
    ) as late_fee_cents
from installment as i
left join installment_credit as c on i.contract_id = c.contract_id and i.installment_no = c.installment_no
left join journal as j on c.journal_id = j.journal_id
where i.contract_id = :contract_id and i.billed_on <= cast(:as_of as timestamptz)::date
group by i.contract_id, i.installment_no
order by i.installment_no
