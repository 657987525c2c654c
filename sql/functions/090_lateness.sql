-- The steps of a night for contracts that are late: fees, days past due, account status.

-- How much may be short altogether on a day and still be no shortage (policy late.small_shortage_cents). Without a row
-- the night stops, as lockbox.lender.dated_rules does. LB003 becomes a SettingsError (lockbox.db).
create or replace function small_shortage_cents(lender text, day date) returns bigint language plpgsql stable
security definer set search_path = public, pg_temp as $$
declare
    in_force policy;
begin
    select x.* into in_force
    from policy as x
    where x.lender_id = lender and x.rule = 'late.small_shortage_cents' and x.valid_from <= day
    order by x.valid_from desc
    limit 1;
    if not found then
        raise exception 'lender %: no value on % for late.small_shortage_cents', lender, day using errcode = 'LB003';
    end if;
    return in_force.value::bigint;
end $$;

-- 6. Charges the late fees that last night assessed, unless a flag stops them: one journal each.
create or replace function night_late_fees(lender text, day date, as_of timestamptz) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
begin
    create temp table due on commit drop as
    select
        row_number() over (order by f.contract_id, f.installment_no) as place,
        c.account_number || '/' || f.installment_no || '/' || day as source_key,
        f.contract_id,
        f.installment_no,
        f.fee_cents
    from late_fee_assessed as f
    inner join contract as c on f.contract_id = c.contract_id and c.lender_id = lender
    where
        f.on_time_until = day - 1
        and not (c.product = 'loan' and exists ( -- paid off today: yesterday's payoff quote must stay right (I13)
            select from position as p
            where p.contract_id = f.contract_id and p.principal_cents + p.interest_cents = 0
        ))
        and f.contract_id not in (select s.contract_id from stopped_contracts(lender, 'late_fee', day) as s)
        and not exists (
            select from late_fee as l
            where
                l.contract_id = f.contract_id and l.installment_no = f.installment_no
                and l.reversed_by is null
        );
    create temp table line on commit drop as
    select d.place, d.source_key, null::text as site_id, null::bigint as item_id, x.account, x.amount_cents, x.contract_id
    from due as d
    cross join lateral (
        values ('receivable.fee', d.fee_cents, d.contract_id), ('income.fee', -d.fee_cents, null)
    ) as x (account, amount_cents, contract_id);
    insert into late_fee (contract_id, installment_no, charged_on, amount_cents, journal_id)
    select d.contract_id, d.installment_no, day, d.fee_cents, m.journal_id
    from post_lines('late_fee', day, as_of) as m inner join due as d on m.place = d.place;
    get diagnostics n = row_count;
    drop table due;
    return n;
end $$;

-- A late fee must not be forgotten because a row is missing: without a rule of the state, and without one for every
-- state, the night stops, as the rule itself does (Rules.late_fee). LB003 becomes a SettingsError (lockbox.db).
-- States are looked at only where some due date has no rule for every state. Reads the temp table `on_time`.
create or replace function require_late_fee_rules(lender text, day date) returns void language plpgsql stable
security definer set search_path = public, pg_temp as $$
declare
    missing record;
begin
    select c.state, w.due_on into missing
    from (
        select distinct w.due_on
        from on_time as w
        where w.until = day and not exists (
            select from late_fee_rule as l where l.lender_id = lender and l.state = '*' and l.valid_from <= w.due_on
        )
    ) as w
    inner join installment as i
        on w.due_on = i.due_on and i.credited_cents < i.amount_cents and i.installment_no > 0
    inner join contract as c on i.contract_id = c.contract_id and c.lender_id = lender
    where not exists (
        select from late_fee_rule as l
        where l.lender_id = lender and l.state = c.state and l.valid_from <= w.due_on
    )
    limit 1;
    if found then
        raise exception 'no late-fee rule for % on %', missing.state, missing.due_on using errcode = 'LB003';
    end if;
end $$;

-- 7. Assesses installments whose last on-time day this is and that are short: the fee that tomorrow's night charges.
-- `calendar` has the last on-time day of each due date, by days of grace: [{grace_days, due_on, until}], computed by
-- lockbox.contract.grace, where the rule itself (late_fee_cents) is defined too. Contracts that were taken over before
-- `opened_from` are left out, and those that are taken over later.
create or replace function night_assess(
    lender text, day date, calendar jsonb, opened_from date default null
) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
    small_cents bigint := small_shortage_cents(lender, day);
begin
    create temp table on_time on commit drop as
    select w.* from jsonb_to_recordset(calendar) as w (grace_days int, due_on date, until date);
    perform require_late_fee_rules(lender, day);
    with late as materialized (
        select
            i.contract_id,
            i.installment_no,
            i.amount_cents,
            i.credited_cents,
            c.state,
            r.choice,
            r.fixed_cents,
            r.percent_ppm,
            r.base,
            r.own_window,
            p.fee_ahead_cents,
            b.before_cents,
            b.had_fee_cents,
            -- a loan cannot be short of more than it owes beyond the installments before this one
            case
                when c.product = 'lease' then i.amount_cents - i.credited_cents
                else least(
                    i.amount_cents - i.credited_cents,
                    greatest(p.principal_cents + p.interest_cents - b.before_cents, 0)
                )
            end as short_cents
        from on_time as w
        inner join installment as i
            on w.due_on = i.due_on and i.credited_cents < i.amount_cents and i.installment_no > 0
        inner join contract as c on i.contract_id = c.contract_id and c.lender_id = lender
        inner join position as p on i.contract_id = p.contract_id
        inner join opening as k on i.contract_id = k.contract_id and k.opened_on between coalesce(opened_from, '-infinity') and day
        inner join lateral (
            select l.*
            from late_fee_rule as l
            where l.lender_id = lender and l.state in (c.state, '*') and l.valid_from <= i.due_on
            order by l.state = '*', l.valid_from desc
            limit 1
        ) as r on w.grace_days = r.grace_days
        cross join lateral (
            select
                coalesce(sum(o.amount_cents - o.credited_cents), 0)::bigint as before_cents,
                coalesce(sum(o.amount_cents - o.credited_cents) filter (where exists (
                    select from late_fee as h
                    where
                        h.contract_id = o.contract_id and h.installment_no = o.installment_no
                        and h.reversed_by is null
                )), 0)::bigint as had_fee_cents
            from installment as o
            where
                o.contract_id = i.contract_id and o.installment_no between 1 and i.installment_no - 1
                and o.credited_cents < o.amount_cents
        ) as b
        where w.until = day
    ),

    priced as (
        select
            l.*,
            x.asked_cents,
            case when l.base = 'installment' then x.asked_cents else l.short_cents end * l.percent_ppm / 1000000
                as percent_cents
        from late as l
        -- an installment asks for its amount, or for what is left to pay of the loan where that is less
        cross join lateral (select least(l.amount_cents, l.credited_cents + l.short_cents) as asked_cents) as x
        where
            l.short_cents > 0
            -- no pyramiding (16 CFR 444.4), and a small amount is no shortage: not beside what fees took, nor beside
            -- installments that had their fee
            and l.before_cents + l.short_cents - greatest(l.fee_ahead_cents, l.had_fee_cents) > small_cents
    )

    insert into late_fee_assessed (contract_id, installment_no, on_time_until, fee_cents)
    select f.contract_id, f.installment_no, day, f.fee_cents
    from (
        select
            p.*,
            case p.choice
                when 'percent' then p.percent_cents
                when 'fixed' then p.fixed_cents
                when 'lesser' then least(p.percent_cents, p.fixed_cents)
                else greatest(p.percent_cents, p.fixed_cents)
            end as fee_cents
        from priced as p
    ) as f
    where
        f.fee_cents > 0
        and not (
            f.own_window
            and f.asked_cents <= received_cents(f.contract_id, (
                -- the last on-time day of the installment before it, by the rule of its own due date; its date is
                -- that of the version which decides it (decide_from)
                select coalesce(w.until, b.due_on + g.grace_days) -- earlier than the calendar reaches
                from (
                    select t.version
                    from contract_terms as t
                    where
                        t.contract_id = f.contract_id and t.valid_from <= day and t.from_no < f.installment_no
                    order by t.valid_from desc, t.version desc
                    limit 1
                ) as v
                inner join schedule_run as s on f.contract_id = s.contract_id and v.version = s.version
                cross join lateral (
                    select installment_due_on(s.first_due_on, s.due_day, f.installment_no - 1 - s.first_no) as due_on
                ) as b
                cross join lateral (
                    select l.grace_days
                    from late_fee_rule as l
                    where l.lender_id = lender and l.state in (f.state, '*') and l.valid_from <= b.due_on
                    order by l.state = '*', l.valid_from desc
                    limit 1
                ) as g
                left join on_time as w on b.due_on = w.due_on and g.grace_days = w.grace_days
                where f.installment_no - 1 >= s.first_no and f.installment_no - 1 < s.first_no + s.count
            ), day)
        )
    on conflict do nothing;
    get diagnostics n = row_count;
    drop table on_time;
    return n;
end $$;

-- The money received for a contract after one day (null: ever) and through another, whatever it paid.
create or replace function received_cents(contract bigint, after_on date, to_on date) returns bigint
language sql stable as $$
    select coalesce(-sum(e.amount_cents), 0)::bigint
    from entry as e
    inner join journal as j on e.journal_id = j.journal_id
    left join journal as r on j.reverses = r.journal_id
    where
        e.contract_id = contract
        and coalesce(r.source_kind, j.source_kind) in ('item', 'identification')
        and j.effective_date > coalesce(after_on, '-infinity')
        and j.effective_date <= to_on
$$;

-- Whether all that a contract ever owed was paid or written off. A lease must also have ended.
create or replace function is_paid(owed_cents bigint, product text, ended_on date) returns boolean
language sql immutable as $$
    select owed_cents = 0 and (product = 'loan' or ended_on is not null)
$$;

-- What was charged off of a contract and not recovered since.
create or replace function lost_cents(contract bigint) returns bigint language sql stable as $$
    select coalesce(sum(e.amount_cents), 0)::bigint
    from entry as e
    where
        e.contract_id = contract
        and e.account in (
            'expense.charge_off.principal', 'income.charge_off.interest', 'income.charge_off.fee',
            'income.charge_off.rent', 'expense.charge_off.tax', 'income.recovery'
        )
$$;

-- 10. Days past due and the Metro 2 account status (Credit Reporting Resource Guide, field 17A): a row for every
-- contract whose status changed. Codes 05, 61, 62, 65, 88, 89, 93, 94 and 95 have no cause in this ledger: nothing is
-- surrendered, sold, assigned to collections or foreclosed. tests/oracles/metro2.py states the rule once more.
create or replace function night_delinquency(lender text, day date) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
begin
    with behind as materialized (
        select * from past_due(day)
    ),

    flagged as materialized (
        select
            x.contract_id,
            bool_or(x.flag = 'charged_off') as charged_off,
            bool_or(x.flag = 'repossessed') as repossessed
        from contract_flag as x
        where x.flag in ('charged_off', 'repossessed') and in_force(x.valid_from, x.valid_to, day)
        group by x.contract_id
    ),

    state as materialized (
        select
            p.contract_id,
            coalesce(day - o.oldest_due_on, 0) as days_past_due,
            coalesce(o.past_due_cents, 0) as past_due_cents,
            case
                when f.charged_off then case when q.paid and lost_cents(p.contract_id) <= 0 then '64' else '97' end
                when q.paid then case when f.repossessed then '63' else '13' end
                when f.repossessed then '96'
                when day - o.oldest_due_on >= 180 then '84'
                when day - o.oldest_due_on >= 150 then '83'
                when day - o.oldest_due_on >= 120 then '82'
                when day - o.oldest_due_on >= 90 then '80'
                when day - o.oldest_due_on >= 60 then '78'
                when day - o.oldest_due_on >= 30 then '71'
                else '11'
            end as metro2,
            p.metro2 as before
        from (
            -- no other contract can have a status but 11, or get one
            select d.contract_id from behind as d
            union
            select q.contract_id
            from position as q
            inner join contract as k on q.contract_id = k.contract_id
            where
                q.metro2 <> '11'
                or is_paid(
                    q.principal_cents + q.interest_cents + q.fee_cents + q.rent_cents + q.tax_cents, k.product, q.ended_on
                )
            union
            select f.contract_id from contract_flag as f where f.flag in ('charged_off', 'repossessed')
        ) as concerned
        inner join position as p on concerned.contract_id = p.contract_id
        inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender
        left join behind as o on p.contract_id = o.contract_id
        left join flagged as f on p.contract_id = f.contract_id
        cross join lateral (
            select
                is_paid(p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents, c.product, p.ended_on)
                    as paid
        ) as q
        where not exists (select from not_open_yet(day) as n where n.contract_id = p.contract_id)
    ),

    changed as (
        update position as p set metro2 = s.metro2
        from state as s
        where p.contract_id = s.contract_id and s.metro2 <> s.before
        returning p.contract_id, s.metro2, s.days_past_due, s.past_due_cents
    )

    insert into delinquency_status (contract_id, status_on, metro2, days_past_due, past_due_cents)
    select contract_id, day, metro2, days_past_due, past_due_cents from changed
    on conflict (contract_id, status_on) do nothing;
    get diagnostics n = row_count;
    return n;
end $$;

-- What is past due on a day, fees aside: contracts with more than the lender's small amount open of the installments
-- due before it; how much; and the first due date with which it is more. A loan is not past due for more than it owes,
-- and its last installment claims all that is left. The rule is that of lockbox.contract.delinquency.
create or replace function past_due(day date)
returns table (contract_id bigint, oldest_due_on date, past_due_cents bigint) language sql stable as $$
    with small as materialized (
        select l.lender_id, small_shortage_cents(l.lender_id, day) as cents
        from lender as l
        where exists (select from contract as c where c.lender_id = l.lender_id)
    ),

    behind as (
        select
            i.contract_id,
            i.due_on,
            s.cents as small_cents,
            case
                when i.is_last then p.principal_cents + p.interest_cents
                when c.product = 'loan'
                    then least(p.principal_cents + p.interest_cents, sum(i.amount_cents - i.credited_cents) over w)
                else sum(i.amount_cents - i.credited_cents) over w
            end::bigint as through_cents
        from installment as i
        inner join position as p on i.contract_id = p.contract_id
        inner join contract as c on i.contract_id = c.contract_id
        inner join small as s on c.lender_id = s.lender_id
        where
            i.due_on < day
            and (i.credited_cents < i.amount_cents or i.is_last)
            and (c.product = 'lease' or p.principal_cents + p.interest_cents > 0)
        window w as (partition by i.contract_id order by i.due_on, i.installment_no rows unbounded preceding)
    )

    select b.contract_id, min(b.due_on), max(b.through_cents)
    from behind as b
    where b.through_cents > b.small_cents
    group by b.contract_id
$$;
