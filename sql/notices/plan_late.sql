-- Installments that have been past due for the days of the rule, or three more in case a night was missed; with all
-- that is past due on the contract.
insert into notice (contract_id, kind, occasion, facts, planned_at, send_until)
select
    n.contract_id,
    'late',
    n.occasion,
    n.facts,
    cast(:as_of as timestamptz),
    cast(:as_of as timestamptz) + make_interval(days => cast(:keep_days as int))
from (
    select
        i.contract_id,
        max(i.due_on)::text as occasion,
        jsonb_build_object('amount_cents', max(o.open_cents), 'due_on', max(i.due_on)) as facts
    from installment as i
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
    group by i.contract_id
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
