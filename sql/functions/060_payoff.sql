-- What ends a contract on a day: a loan's balances with the interest of the nights to come until then, a lease's bills,
-- rents to come, residual and purchase fee with their taxes (lockbox.payoff, lockbox.lease). Unapplied money is
-- not netted.
create or replace function payoff_cents(contract bigint, day date) returns bigint
language sql stable as $$
    select p.fee_cents + case
        when c.product = 'loan' then
            p.principal_cents + p.interest_cents + coalesce((
                select
                    floor((p.carry + sum(night_numerator( -- a sum is numeric: its quotient would be rounded again
                        case when t.method = 'daily' then p.principal_cents else p.base_cents end,
                        t.rate_ppm, t.day_count, n::date
                    )) + 66795000000) / 133590000000)
                from contract_terms as t
                cross join generate_series(p.accrued_through + 1, day - 1, interval '1 day') as n
                where t.contract_id = p.contract_id and t.version = p.terms_version
                group by t.contract_id
            ), 0)
        else
            p.rent_cents + p.tax_cents
            + coalesce((
                select sum((s.first_no + s.count - greatest(s.first_no, p.next_no)) * (s.amount_cents + s.tax_cents))
                from schedule_run as s
                where
                    s.contract_id = p.contract_id and s.version = p.terms_version
                    and s.first_no + s.count > p.next_no
            ), 0)
            + coalesce((
                select
                    l.residual_cents + l.purchase_fee_cents
                    + (2 * (l.residual_cents + l.purchase_fee_cents) * l.tax_ppm + 1000000) / 2000000
                from lease_terms as l
                where l.contract_id = p.contract_id and l.version = p.terms_version and p.ended_on is null
            ), 0)
    end::bigint
    from position as p
    inner join contract as c on p.contract_id = c.contract_id
    where p.contract_id = contract
$$;
