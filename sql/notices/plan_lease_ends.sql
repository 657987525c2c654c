-- Leases that end in so many days (a list), or up to three fewer in case a night was missed; the price on the day.
create temp table planned on commit drop as
select
    p.contract_id,
    g.ends_on::text || '/' || d.days::text as occasion,
    jsonb_build_object(
        'ends_on', g.ends_on, 'days', g.ends_on - cast(:day as date),
        'buyout_cents', payoff_cents(p.contract_id, cast(:day as date))
    ) as facts
from position as p
inner join contract as k on p.contract_id = k.contract_id and k.product = 'lease'
inner join lateral (
    select installment_due_on(r.first_due_on, r.due_day, r.count) as ends_on
    from schedule_run as r
    where r.contract_id = p.contract_id and r.version = p.terms_version
    order by r.first_no desc
    limit 1
) as g on true
inner join unnest(cast(:days as int[])) as d (days)
    on g.ends_on - d.days <= cast(:day as date) and g.ends_on - d.days > cast(:day as date) - 4
where p.ended_on is null
