-- Installments that come due within the days of the rule and are not paid; a loan bills no more than it owes. Not for a
-- small amount, which the next statement asks for.
create temp table planned on commit drop as
select
    i.contract_id,
    i.due_on::text as occasion,
    jsonb_build_object(
        'amount_cents', o.open_cents,
        'due_on', i.due_on
    ) as facts
from installment as i
inner join contract as c on i.contract_id = c.contract_id
inner join position as p on i.contract_id = p.contract_id
cross join
    lateral (
        select
            case
                when c.product = 'lease' then i.amount_cents - i.credited_cents
                else least(i.amount_cents - i.credited_cents, p.principal_cents + p.interest_cents)
            end as open_cents
    ) as o
where
    i.due_on > cast(:day as date)
    and i.due_on <= cast(:day as date) + cast(:days as int)
    and i.credited_cents < i.amount_cents
    and o.open_cents > small_shortage_cents(c.lender_id, cast(:day as date))
