-- Installments that have been past due for the days of the rule, or three more in case a night was missed; with all
-- that is past due on the contract.
create temp table planned on commit drop as
select
    i.contract_id,
    max(i.due_on)::text as occasion,
    jsonb_build_object('amount_cents', max(o.open_cents), 'due_on', max(i.due_on)) as facts
from installment as i
inner join contract as c on i.contract_id = c.contract_id
inner join position as p on i.contract_id = p.contract_id
inner join lateral (
    select sum(x.amount_cents - x.credited_cents) as open_cents
    from installment as x
    where
        x.contract_id = i.contract_id and x.due_on < cast(:day as date) and x.credited_cents < x.amount_cents
) as o on true
where
    i.due_on <= cast(:day as date) - cast(:days as int)
    and i.due_on > cast(:day as date) - cast(:days as int) - 4
    and i.credited_cents < i.amount_cents
    and (c.product = 'lease' or p.principal_cents + p.interest_cents > 0)
group by i.contract_id
