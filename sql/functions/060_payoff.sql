-- The charges of a buyout beyond what is billed: rents to come and the residual; the purchase fee; the taxes.
create or replace function buyout_charges(contract bigint) returns table (rent bigint, fee bigint, tax bigint)
language sql stable as $$
    select
        (coalesce(c.rent_cents, 0) + l.residual_cents)::bigint,
        l.purchase_fee_cents,
        (coalesce(c.tax_cents, 0) + (2 * (l.residual_cents + l.purchase_fee_cents) * l.tax_ppm + 1000000) / 2000000)
            ::bigint
    from position as p
    inner join lease_terms as l on p.contract_id = l.contract_id and p.terms_version = l.version
    cross join lateral (
        select
            sum((s.first_no + s.count - greatest(s.first_no, p.next_no)) * s.amount_cents) as rent_cents,
            sum((s.first_no + s.count - greatest(s.first_no, p.next_no)) * s.tax_cents) as tax_cents
        from schedule_run as s
        where
            s.contract_id = p.contract_id and s.version = p.terms_version
            and s.first_no + s.count > p.next_no
    ) as c
    where p.contract_id = contract and p.ended_on is null
$$;

-- What ends a contract on a day: a loan's balances with the interest of the nights to come until then, a lease's bills,
-- rents to come, residual and purchase fee with their taxes (lockbox.contract.lease). Unapplied money is not netted.
-- tests/oracles/payoff.py finds the same by replay.
create or replace function payoff_cents(contract bigint, day date) returns bigint
language sql stable as $$
    select p.fee_cents + case
        when c.product = 'loan' then
            p.principal_cents + p.interest_cents + coalesce((
                select
                    accrued_cents((p.carry + sum(night_numerator(
                        case when t.method = 'daily' then p.principal_cents else p.base_cents end,
                        t.rate_ppm, t.day_count, n::date
                    )))::bigint)
                from contract_terms as t
                cross join generate_series(p.accrued_through + 1, day - 1, interval '1 day') as n
                where t.contract_id = p.contract_id and t.version = p.terms_version
                group by t.contract_id
            ), 0)
        else
            p.rent_cents + p.tax_cents
            + coalesce((select b.rent + b.fee + b.tax from buyout_charges(p.contract_id) as b), 0)
    end::bigint
    from position as p
    inner join contract as c on p.contract_id = c.contract_id
    where p.contract_id = contract
$$;
