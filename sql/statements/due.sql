-- Contracts that get a statement: an installment comes due within the days of the rule and has none yet. One for each
-- installment, the earliest first if nights were missed. Columns as in made.sql.
select
    i.contract_id,
    i.due_on,
    cast(:made_on as date) as made_on,
    pg_current_snapshot()::text as seen,
    (select coalesce(max(z.to_journal_id), 0) from seal as z) as sealed_through,
    cast(:as_of as timestamptz) as as_of,
    prev.statement_id as previous_id,
    prev.made_on as previous_on,
    prev.seen::text as previous_seen,
    coalesce(prev.sealed_through, 0) as previous_sealed,
    coalesce(prev.balances, '{}'::jsonb) as opening,
    null::bigint as statement_id,
    null::text as content_sha256,
    null::jsonb as kept,
    c.lender_id,
    c.account_number,
    c.product,
    c.state,
    (select small_shortage_cents(:lender_id, cast(:made_on as date))) as small_cents,
    u.name,
    u.address,
    t.version,
    t.rate_ppm,
    t.day_count,
    t.order_id,
    t.excess,
    case when t.method = 'daily' then p.principal_cents else p.base_cents end as base_cents,
    r.first_no,
    r.first_due_on,
    r.due_day,
    r.count,
    i.installment_no,
    coalesce(g.given, false) and e.contact_id is not null and not e.failing as electronic,
    coalesce('late_fee' = any(f.stops), false) as no_late_fee,
    jsonb_build_object(
        'principal', p.principal_cents, 'interest', p.interest_cents, 'fee', p.fee_cents, 'rent', p.rent_cents,
        'tax', p.tax_cents, 'unapplied', -p.unapplied_cents
    ) as standing
from installment as i
inner join contract as c on i.contract_id = c.contract_id and c.lender_id = :lender_id
inner join customer as u on c.customer_id = u.customer_id
inner join position as p on i.contract_id = p.contract_id
inner join contract_terms as t on p.contract_id = t.contract_id and p.terms_version = t.version
inner join lateral (
    select s.* from schedule_run as s
    where s.contract_id = t.contract_id and s.version = t.version
    order by s.first_no desc
    limit 1
) as r on true
left join lateral (
    select s.* from statement as s
    where s.contract_id = i.contract_id
    order by s.due_on desc
    limit 1
) as prev on true
left join consent_in_force as g on c.customer_id = g.customer_id and g.kind = 'electronic_statements'
left join contact_in_use as e on c.customer_id = e.customer_id and e.channel = 'email'
left join lateral (
    select
        array_agg(k.flag) as flags,
        array_agg(x.stop) as stops
    from contract_flag as k
    left join flag_rule as fr on k.flag = fr.flag and c.lender_id = fr.lender_id
    left join lateral unnest(fr.stops) as x (stop) on true
    where
        k.contract_id = i.contract_id and in_force(k.valid_from, k.valid_to, cast(:made_on as date))
) as f on true
where
    i.due_on > cast(:made_on as date)
    and i.due_on <= cast(:made_on as date) + cast(:days_before as int)
    and i.billed_on <= cast(:made_on as date)
    and not exists (
        select from statement as s where s.contract_id = i.contract_id and s.due_on >= i.due_on
    )
    and not exists (
        select from installment as x
        where
            x.contract_id = i.contract_id and x.due_on < i.due_on and x.due_on > cast(:made_on as date)
            and x.billed_on <= cast(:made_on as date)
            and not exists (
                select from statement as s where s.contract_id = x.contract_id and s.due_on >= x.due_on
            )
    )
    and not coalesce(f.flags && cast(:stops as text[]), false)
    and p.ended_on is null
    and (
        c.product = 'lease'
        or p.principal_cents + p.interest_cents + p.fee_cents > 0
    )
order by i.contract_id
