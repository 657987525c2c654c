-- The credited amount of an installment equals the sum of its credits; a lease's open installments equal rent and tax
-- owed.
-- Why: days past due and late fees depend on it (RULES I8, I11). A day's run checks what was credited or billed.
with touched as materialized (
    select distinct c.contract_id
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
    inner join installment as c on e.contract_id = c.contract_id
    where
        cast(:since as date) is not null and j.business_date >= :since and j.source_kind <> 'accrual'
        and e.journal_id >= (select min(f.journal_id) from journal as f where f.business_date >= :since)
)

select
    i.contract_id,
    i.installment_no,
    'credits' as fault,
    (i.credited_cents - coalesce(sum(c.amount_cents), 0))::bigint as off_cents
from installment as i
left join installment_credit as c on i.contract_id = c.contract_id and i.installment_no = c.installment_no
where cast(:since as date) is null or i.contract_id in (select t.contract_id from touched as t)
group by i.contract_id, i.installment_no
having i.credited_cents <> coalesce(sum(c.amount_cents), 0)
union all
select
    p.contract_id,
    0 as installment_no,
    'rent and tax owed' as fault,
    (p.rent_cents + p.tax_cents - coalesce(sum(i.amount_cents - i.credited_cents), 0))::bigint as off_cents
from position as p
inner join contract as k on p.contract_id = k.contract_id and k.product = 'lease'
left join installment as i on p.contract_id = i.contract_id
where
    cast(:since as date) is null or p.contract_id in (select t.contract_id from touched as t)
group by p.contract_id
having p.rent_cents + p.tax_cents <> coalesce(sum(i.amount_cents - i.credited_cents), 0);
