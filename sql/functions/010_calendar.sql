-- The due date some months after the first one; day 29 to 31 falls on the last day of shorter months. One expression
-- and not strict, so that the planner inlines it. lockbox.contract.schedule has the same rule.
create or replace function installment_due_on(first_due_on date, due_day int, months int) returns date
language sql immutable parallel safe as $$
    select least(
        (date_trunc('month', first_due_on::timestamp) + make_interval(months => months))::date + due_day - 1,
        (date_trunc('month', first_due_on::timestamp) + make_interval(months => months + 1))::date - 1
    )
$$;

-- From the month of one day to that of another: which installment of a run is due in that month.
create or replace function calendar_months(first_day date, last_day date) returns int
language sql immutable parallel safe as $$
    select
        (extract(year from last_day) - extract(year from first_day))::int * 12
        + (extract(month from last_day) - extract(month from first_day))::int
$$;

-- The interest of one night, in units of 1 / 133,590,000,000 cent (lockbox.contract.interest).
create or replace function night_numerator(base_cents bigint, rate_ppm int, day_count text, day date) returns bigint
language sql immutable parallel safe as $$
    select base_cents * rate_ppm * case
        when
            day_count = 'actual_actual'
            and extract(doy from date_trunc('year', day::timestamp) + interval '1 year' - interval '1 day') = 366
            then 365
        else 366
    end
$$;

-- The cents in a number of these units (a carry plus what accrued since), rounded half up; and the new carry.
create or replace function accrued_cents(units bigint) returns bigint
language sql immutable parallel safe as $$
    select (units + 66795000000) / 133590000000
$$;
create or replace function accrual_carry(units bigint) returns bigint
language sql immutable parallel safe as $$
    select units - (units + 66795000000) / 133590000000 * 133590000000
$$;

-- The number of each contract's last billed installment, billed here or before it was taken over; 0: none.
create or replace function billed_last(contracts bigint[]) returns table (contract_id bigint, last_no int)
language sql stable as $$
    select
        c.contract_id,
        greatest(
            (
                select max(i.installment_no) from installment as i
                where i.contract_id = c.contract_id and i.billed_on is not null
            ),
            (
                -- a rent that was billed then and is not billed any more can be billed again
                select coalesce(least(min(d.installment_no) - 1, o.billed_through), o.billed_through)
                from opening as o
                left join installment as d
                    on
                        o.contract_id = d.contract_id and d.billed_on is null
                        and d.installment_no between 1 and o.billed_through
                where o.contract_id = c.contract_id
                group by o.billed_through
            ), 0
        )
    from (select distinct x.contract_id from unnest(contracts) as x (contract_id)) as c
    offset 0 -- looked up once for each contract, however often a query names it
$$;

-- Updates the next installment to be billed for contracts that got new installments; null after the last one.
create or replace function mark_billed(contracts bigint[]) returns void language sql
security definer set search_path = public, pg_temp as $$
    update position as p
    set next_no = r.next_no, next_due_on = r.next_due_on
    from (
        select
            q.contract_id,
            case when r.contract_id is not null then i.last_no + 1 end as next_no,
            installment_due_on(r.first_due_on, r.due_day, i.last_no + 1 - r.first_no) as next_due_on
        from position as q
        inner join billed_last(contracts) as i on q.contract_id = i.contract_id
        left join schedule_run as r
            on q.contract_id = r.contract_id and q.terms_version = r.version and q.ended_on is null
            and i.last_no + 1 >= r.first_no and i.last_no + 1 < r.first_no + r.count
    ) as r
    where p.contract_id = r.contract_id;
$$;
