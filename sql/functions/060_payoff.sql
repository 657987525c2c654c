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

-- The interest that a loan accrues in the nights after its last one through another, in cents, if nothing is paid: as
-- lockbox.contract.history has it, with the terms and the flags of each of these days, and with the base of the
-- scheduled method as it steps down on due dates.
create or replace function interest_to_come(contract bigint, last_night date) returns bigint
language plpgsql stable as $$
declare
    p record;
    t record;
    v record;
    due record;
    lender text;
    night date;
    units bigint;
    base bigint;
    period bigint;
    accrued bigint := 0;
    cents bigint;
begin
    select * into strict p from position as q where q.contract_id = contract;
    select c.lender_id into strict lender from contract as c where c.contract_id = contract;
    select * into strict t from contract_terms as x where x.contract_id = contract and x.version = p.terms_version;
    units := p.carry;
    base := case when t.method = 'daily' then p.principal_cents else p.base_cents end;
    period := p.period_cents;
    for night in
        select g::date from generate_series(p.accrued_through + 1, last_night, interval '1 day') as g
    loop
        select * into v from contract_terms as x
        where x.contract_id = contract and x.valid_from <= night
        order by x.valid_from desc, x.version desc
        limit 1;
        if found and v.version <> t.version then
            if v.method = 'daily' then
                base := p.principal_cents;
                period := 0;
            end if;
            t := v;
        end if;
        if t.method = 'scheduled' then
            select r.amount_cents, n.no = l.last_no as is_last into due
            from schedule_run as r
            cross join lateral (select r.first_no + calendar_months(r.first_due_on, night) as no) as n
            cross join lateral (
                select max(s.first_no + s.count - 1) as last_no from schedule_run as s
                where s.contract_id = contract and s.version = t.version
            ) as l
            where
                r.contract_id = contract and r.version = t.version
                and n.no between greatest(r.first_no, t.from_no) and r.first_no + r.count - 1
                and installment_due_on(r.first_due_on, r.due_day, n.no - r.first_no) = night;
            if found then
                base := case
                    when due.is_last then 0 else base - least(base, greatest(due.amount_cents - period, 0))
                end;
                period := greatest(period - due.amount_cents, 0);
            end if;
        end if;
        if not exists (
            select from stopped_contracts(lender, 'interest', night) as s where s.contract_id = contract
        ) then
            units := units + night_numerator(base, t.rate_ppm, t.day_count, night);
            cents := accrued_cents(units);
            units := accrual_carry(units);
            period := period + case when t.method = 'scheduled' then cents else 0 end;
            accrued := accrued + cents;
        end if;
    end loop;
    return accrued;
end $$;

-- What ends a contract on a day: a loan's balances with the interest of the nights to come until then, a lease's bills,
-- rents to come, residual and purchase fee with their taxes (lockbox.contract.lease). Unapplied money is not netted.
-- tests/oracles/payoff.py finds the same by replay.
create or replace function payoff_cents(contract bigint, day date) returns bigint
language sql stable as $$
    select p.fee_cents + case
        when c.product = 'loan' then
            p.principal_cents + p.interest_cents
            + case
                when p.accrued_through < day - 1 and p.principal_cents > 0 then interest_to_come(contract, day - 1)
                else 0
            end
        else
            p.rent_cents + p.tax_cents
            + coalesce((select b.rent + b.fee + b.tax from buyout_charges(p.contract_id) as b), 0)
    end::bigint
    from position as p
    inner join contract as c on p.contract_id = c.contract_id
    where p.contract_id = contract
$$;
