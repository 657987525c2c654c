-- Electronic statements of the day or the three before it.
create temp table planned on commit drop as
select
    s.contract_id,
    s.due_on::text as occasion,
    jsonb_build_object('amount_cents', s.amount_due_cents, 'due_on', s.due_on) as facts
from statement as s
where
    s.delivery = 'electronic'
    and s.made_on > cast(:day as date) - cast(:days as int)
    and s.made_on <= cast(:day as date)
