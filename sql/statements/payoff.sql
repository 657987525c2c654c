-- What pays a contract off on the good-through date, line by line, without the late fees that the next nights charge.
select
    c.contract_id,
    c.product,
    c.state,
    u.name,
    u.address,
    -- a lease accrues nothing: it is as far along as the nights
    case
        when c.product = 'lease' then greatest(p.accrued_through, (select max(n.business_date) from night as n))
        else p.accrued_through
    end as accrued_through,
    p.principal_cents,
    p.interest_cents,
    p.fee_cents,
    p.rent_cents,
    p.tax_cents,
    p.unapplied_cents,
    payoff_cents(p.contract_id, cast(:good_through as date)) as total_cents,
    t.rate_ppm,
    t.day_count,
    case when t.method = 'daily' then p.principal_cents else p.base_cents end as base_cents,
    c.contract_id in (
        select s.contract_id from stopped_contracts(c.lender_id, 'late_fee', cast(:quoted_on as date)) as s
    ) as no_late_fee,
    coalesce(r.to_come_cents, 0)::bigint as to_come_cents,
    coalesce(l.residual_cents, 0)::bigint as residual_cents,
    coalesce(l.purchase_fee_cents, 0)::bigint as purchase_fee_cents,
    coalesce((2 * (l.residual_cents + l.purchase_fee_cents) * l.tax_ppm + 1000000) / 2000000, 0)::bigint
        as purchase_tax_cents
from contract as c
inner join customer as u on c.customer_id = u.customer_id
inner join position as p on c.contract_id = p.contract_id
inner join contract_terms as t on p.contract_id = t.contract_id and p.terms_version = t.version
left join lateral (
    select
        sum((s.first_no + s.count - greatest(s.first_no, p.next_no)) * (s.amount_cents + s.tax_cents))
            as to_come_cents
    from schedule_run as s
    where s.contract_id = p.contract_id and s.version = p.terms_version and s.first_no + s.count > p.next_no
) as r on c.product = 'lease'
left join lease_terms as l
    on p.contract_id = l.contract_id and p.terms_version = l.version and p.ended_on is null
where c.lender_id = :lender_id and c.account_number = :account_number
