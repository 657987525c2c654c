-- The credited amount of an installment equals the sum of its credits; a lease's open installments equal rent and tax
-- owed.
-- Why: days past due and late fees depend on it (RULES I8, I11). A day's run checks what was credited or billed.
with day_journal as materialized (
    select
        j.journal_id,
        j.source_kind
    from journal as j
    where cast(:since as date) is not null and j.business_date >= :since
),

touched as materialized ( -- and perhaps some contracts of the day before, whose journals have higher numbers
    select distinct e.contract_id
    from entry as e
    where
        e.journal_id >= (select min(d.journal_id) from day_journal as d)
        and e.contract_id is not null
        and e.journal_id not in (select d.journal_id from day_journal as d where d.source_kind = 'accrual')
),

credit as (
    select
        c.contract_id,
        c.installment_no,
        sum(c.amount_cents) as cents
    from installment_credit as c
    where cast(:since as date) is null or c.contract_id in (select t.contract_id from touched as t)
    group by c.contract_id, c.installment_no
)

select
    i.contract_id,
    i.installment_no,
    'credits' as fault,
    (i.credited_cents - coalesce(c.cents, 0))::bigint as off_cents
from installment as i
left join credit as c on i.contract_id = c.contract_id and i.installment_no = c.installment_no
where
    (cast(:since as date) is null or i.contract_id in (select t.contract_id from touched as t))
    and i.credited_cents <> coalesce(c.cents, 0)
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
