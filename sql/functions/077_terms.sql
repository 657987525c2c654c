-- Terms that change. A version decides what is not yet due on its first day, from its installment `from_no` on; those
-- before stay as the version before has them (lockbox.contract.versions). Of two versions of one day the higher number
-- is in force.

-- The number of a version's first installment due on a day or later; one more than its last if there is none.
create or replace function first_due_no(contract bigint, of_version int, day date) returns int language sql stable as $$
    select coalesce(
        min(r.first_no + x.months + y.late) filter (where x.months + y.late < r.count),
        max(r.first_no + r.count)
    )
    from schedule_run as r
    cross join lateral (
        select greatest(0, calendar_months(r.first_due_on, day)) as months
    ) as x
    cross join lateral (
        select (x.months < r.count and installment_due_on(r.first_due_on, r.due_day, x.months) < day)::int as late
    ) as y
    where r.contract_id = contract and r.version = of_version
$$;

-- Works out from which installment on each version of some contracts decides.
create or replace function decide_from(contracts bigint[]) returns void language sql
security definer set search_path = public, pg_temp as $$
    update contract_terms as t
    set from_no = f.from_no
    from (
        select
            d.contract_id,
            d.version,
            coalesce(max(d.next_from_no) over (
                partition by d.contract_id order by d.valid_from, d.version
                rows between unbounded preceding and 1 preceding
            ), 1) as from_no
        from (
            select
                v.contract_id,
                v.version,
                v.valid_from,
                first_due_no(v.contract_id, v.version, lead(v.valid_from) over w) as next_from_no
            from contract_terms as v
            where
                v.contract_id = any(contracts)
                and not exists ( -- of two versions of one day the lower number is never in force
                    select from contract_terms as x
                    where
                        x.contract_id = v.contract_id and x.valid_from = v.valid_from and x.version > v.version
                )
            window w as (partition by v.contract_id order by v.valid_from, v.version)
        ) as d
    ) as f
    where t.contract_id = f.contract_id and t.version = f.version and t.from_no <> f.from_no
$$;

-- What is wrong with the schedules of some contracts: installments that a version leaves out, or moves to a day before
-- its own first day.
create or replace function terms_faults(contracts bigint[])
returns table (contract_id bigint, version int, fault text) language sql stable as $$
    select
        t.contract_id,
        t.version,
        case
            when s.first_no > t.from_no
                then 'begins with installment ' || s.first_no || '; ' || t.from_no || ' is the first one not yet due'
            when s.gaps > 0 then 'leaves out installments between its runs'
            else 'moves installment ' || t.from_no || ' to a day before ' || t.valid_from || ', its own first day'
        end
    from contract_terms as t
    cross join lateral (
        select min(g.first_no) as first_no, count(*) filter (where g.next_no <> g.first_no + g.count) as gaps
        from (
            select r.first_no, r.count, lead(r.first_no) over (order by r.first_no) as next_no
            from schedule_run as r
            where r.contract_id = t.contract_id and r.version = t.version
        ) as g
    ) as s
    where
        t.contract_id = any(contracts)
        and (
            s.first_no > t.from_no
            or s.gaps > 0
            or (t.from_no > 1 and first_due_no(t.contract_id, t.version, t.valid_from) > t.from_no and exists (
                select from schedule_run as r
                where
                    r.contract_id = t.contract_id and r.version = t.version and r.first_no + r.count > t.from_no
            ))
        )
    order by 1, 2
$$;

-- Adds a version of a contract's terms, as the next number: what a person decided. {valid_from, rate_ppm, day_count,
-- method, order_id, excess, runs: [{first_no, first_due_on, due_day, count, amount_cents, tax_cents}], lease}.
create or replace function add_terms(contract bigint, terms jsonb, as_of timestamptz) returns int language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    made int;
begin
    insert into contract_terms (
        contract_id, version, valid_from, rate_ppm, day_count, method, order_id, excess, noted_at
    )
    select
        contract,
        (select max(t.version) + 1 from contract_terms as t where t.contract_id = contract),
        n.valid_from, n.rate_ppm, n.day_count, n.method, n.order_id, n.excess, as_of
    from jsonb_to_record(terms) as n (
        valid_from date, rate_ppm int, day_count text, method text, order_id text, excess text
    )
    returning version into made;
    insert into schedule_run (contract_id, version, first_no, first_due_on, due_day, count, amount_cents, tax_cents)
    select contract, made, r.*
    from jsonb_to_recordset(terms -> 'runs') as r (
        first_no int, first_due_on date, due_day smallint, count int, amount_cents bigint, tax_cents bigint
    );
    insert into lease_terms (
        contract_id, version, term_months, residual_cents, disposition_fee_cents, purchase_fee_cents, allowed_miles,
        excess_mile_cents, tax_ppm
    )
    select
        contract, made, l.term_months, l.residual_cents, l.disposition_fee_cents, l.purchase_fee_cents,
        l.allowed_miles, l.excess_mile_cents, l.tax_ppm
    from jsonb_to_record(terms -> 'lease') as l (
        term_months int, residual_cents bigint, disposition_fee_cents bigint, purchase_fee_cents bigint,
        allowed_miles int, excess_mile_cents int, tax_ppm int
    )
    where jsonb_typeof(terms -> 'lease') = 'object';
    perform decide_from(array[contract]);
    return made;
end $$;

-- 1. Puts terms in force whose first day this is: billed installments that are not yet due get the new dates and
-- amounts. Rents that were paid in part, and contracts that were paid on the day under the old terms, are corrected
-- later in the night (queries/terms_taken.sql).
create or replace function night_terms(lender text, day date, as_of timestamptz) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    create temp table taken on commit drop as
    select
        t.contract_id,
        t.version,
        t.from_no,
        t.method,
        c.product,
        p.ended_on is null as goes_on,
        greatest(t.from_no - 1, (
            select max(r.first_no + r.count - 1) from schedule_run as r
            where r.contract_id = t.contract_id and r.version = t.version
        )) as last_no
    from (
        select distinct on (v.contract_id) v.* from contract_terms as v
        where v.valid_from = day and v.version > 1
        order by v.contract_id, v.version desc
    ) as t
    inner join contract as c on t.contract_id = c.contract_id and c.lender_id = lender
    inner join position as p on t.contract_id = p.contract_id and t.version <> p.terms_version
    where not exists (select from not_open_yet(day) as o where o.contract_id = t.contract_id);
    get diagnostics n = row_count;
    if n = 0 then -- nearly every night
        drop table taken;
        return 0;
    end if;
    update position as p
    set
        terms_version = t.version,
        base_cents = case when t.method = 'scheduled' and o.method = 'daily' then p.principal_cents else p.base_cents end,
        period_cents = case when t.method = 'scheduled' and o.method = 'daily' then 0 else p.period_cents end
    from taken as t
    inner join contract_terms as o on t.contract_id = o.contract_id
    where p.contract_id = t.contract_id and o.version = p.terms_version;
    create temp table rewritten on commit drop as
    select
        i.contract_id,
        i.installment_no,
        t.product,
        i.amount_cents - i.tax_cents as old_rent_cents,
        i.tax_cents as old_tax_cents,
        installment_due_on(r.first_due_on, r.due_day, i.installment_no - r.first_no) as due_on,
        x.is_last,
        case
            when t.product = 'lease' then r.amount_cents + r.tax_cents
            when r.amount_cents is null then i.credited_cents -- not in the new schedule
            when x.is_last then r.amount_cents
            else greatest(r.amount_cents, i.credited_cents)
        end as amount_cents,
        r.tax_cents,
        r.amount_cents as rent_cents,
        t.product = 'loan' or (
            r.amount_cents is not null and i.credited_cents <= least(i.amount_cents - i.tax_cents, r.amount_cents)
        ) as is_simple
    from taken as t
    inner join installment as i
        on t.contract_id = i.contract_id and i.installment_no >= t.from_no and i.billed_on is not null
    left join schedule_run as r
        on t.contract_id = r.contract_id and t.version = r.version
        and i.installment_no >= r.first_no and i.installment_no < r.first_no + r.count
    cross join lateral (select t.product = 'loan' and i.installment_no = t.last_no as is_last) as x
    where t.goes_on or t.product = 'loan';
    update installment as i
    set
        due_on = coalesce(w.due_on, i.due_on),
        is_last = w.is_last,
        amount_cents = case when w.is_simple then w.amount_cents else i.amount_cents end,
        tax_cents = case when w.is_simple then coalesce(w.tax_cents, 0) else i.tax_cents end
    from rewritten as w
    where w.contract_id = i.contract_id and w.installment_no = i.installment_no;
    -- the last one claims all that is left, also where it was due before the terms changed
    update installment as i
    set
        is_last = i.installment_no = t.last_no,
        amount_cents = case
            when i.installment_no = t.last_no then i.amount_cents else greatest(i.amount_cents, i.credited_cents)
        end
    from taken as t
    where
        i.contract_id = t.contract_id and t.product = 'loan' and i.installment_no = t.from_no - 1
        and i.is_last <> (i.installment_no = t.last_no);
    with made as (
        insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
        select 'billing', lender || '/' || day || '/terms', day, day, as_of, 'night'
        where exists (
            select from rewritten as w
            where
                w.product = 'lease' and w.is_simple
                and (w.rent_cents, w.tax_cents) is distinct from (w.old_rent_cents, w.old_tax_cents)
        )
        on conflict do nothing
        returning journal_id
    ),

    changed as (
        select
            w.contract_id,
            sum(w.rent_cents - w.old_rent_cents) as rent_cents,
            sum(w.tax_cents - w.old_tax_cents) as tax_cents
        from rewritten as w
        where w.product = 'lease' and w.is_simple
        group by w.contract_id
    ),

    line as (
        select c.contract_id, 'receivable.rent' as account, c.rent_cents as cents from changed as c
        union all
        select c.contract_id, 'receivable.tax', c.tax_cents from changed as c
        union all
        select null, 'income.rent', -sum(c.rent_cents) from changed as c
        union all
        select null, 'liability.sales_tax', -sum(c.tax_cents) from changed as c
    )

    insert into entry (journal_id, line_no, account, amount_cents, contract_id)
    select m.journal_id, row_number() over (order by l.contract_id nulls last, l.account), l.account, l.cents,
        l.contract_id
    from made as m cross join line as l
    where l.cents <> 0;
    -- what fees took of a rent can be no more than what is still short of it
    update position as p set fee_ahead_cents = p.rent_cents + p.tax_cents
    from taken as t
    where
        p.contract_id = t.contract_id and t.product = 'lease' and t.goes_on
        and p.fee_ahead_cents > p.rent_cents + p.tax_cents;
    perform mark_billed(array(select t.contract_id from taken as t));
    drop table taken, rewritten;
    return n;
end $$;
