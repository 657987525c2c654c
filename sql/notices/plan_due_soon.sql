-- Installments that come due within the days of the rule and are not paid.
create temp table told on commit drop as
select
    i.contract_id,
    i.due_on::text as occasion,
    jsonb_build_object('amount_cents', i.amount_cents - i.credited_cents, 'due_on', i.due_on) as facts
from installment as i
where
    i.due_on > cast(:day as date)
    and i.due_on <= cast(:day as date) + cast(:days as int)
    and i.credited_cents < i.amount_cents
