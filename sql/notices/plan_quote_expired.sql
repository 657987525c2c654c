-- Payoff quotes that expired unpaid on the day or the three before it; of several the one that was good longest.
create temp table planned on commit drop as
select
    q.contract_id,
    'quote/' || q.quote_id as occasion,
    jsonb_build_object('amount_cents', q.amount_cents, 'good_through', q.good_through) as facts
from payoff_quote as q
where
    q.ending = 'expired'
    and q.ended_on > cast(:day as date) - cast(:days as int)
    and q.ended_on <= cast(:day as date)
    and not exists (
        select from payoff_quote as o
        where o.contract_id = q.contract_id and (o.good_through, o.quote_id) > (q.good_through, q.quote_id)
    )
