-- Installments that have been past due for the days of the rule, or three more in case a night was missed; with all
-- that is past due on the contract. Where no more than the lender's small amount is short, nothing is past due.
create temp table planned on commit drop as
select
    i.contract_id,
    max(i.due_on)::text as occasion,
    jsonb_build_object('amount_cents', max(o.past_due_cents), 'due_on', max(i.due_on)) as facts
from installment as i
inner join past_due(cast(:day as date)) as o on i.contract_id = o.contract_id
where
    i.due_on <= cast(:day as date) - cast(:days as int)
    and i.due_on > cast(:day as date) - cast(:days as int) - 4
    and (i.credited_cents < i.amount_cents or i.is_last)
group by i.contract_id
