-- Electronic statements of the day or the three before it.
insert into notice (contract_id, kind, occasion, facts, planned_at, send_until)
select
    n.contract_id,
    'statement_ready',
    n.occasion,
    n.facts,
    cast(:as_of as timestamptz),
    cast(:as_of as timestamptz) + make_interval(days => cast(:keep_days as int))
from (
    select
        s.contract_id,
        s.due_on::text as occasion,
        jsonb_build_object('amount_cents', s.amount_due_cents, 'due_on', s.due_on) as facts
    from statement as s
    where
        s.delivery = 'electronic'
        and s.made_on > cast(:day as date) - cast(:days as int)
        and s.made_on <= cast(:day as date)
) as n
inner join contract as c on n.contract_id = c.contract_id and c.lender_id = :lender_id
where
    exists (select from contact as a where a.customer_id = c.customer_id)
    and not exists (
        select from contract_flag as f
        where
            f.contract_id = n.contract_id and f.flag = any(cast(:stops as text[]))
            and f.valid_from <= cast(:day as date) and (f.valid_to is null or f.valid_to > cast(:day as date))
    )
on conflict (contract_id, kind, occasion) do nothing
