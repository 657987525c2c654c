-- The steps of a night for one lender and business date. Each is one transaction and writes once: what is there already
-- is left alone. They run in this order (lockbox.servicing.night), as lockbox.contract.history defines.

-- 1. Terms that come into force: 077_terms.sql. 2. Bills: 078_bills.sql.

-- 3. Scheduled method: the principal part of an installment leaves the base on its due date, paid or not.
create or replace function night_step(lender text, day date) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    update position as p
    set
        base_cents = case
            when i.is_last then 0
            else p.base_cents - least(p.base_cents, greatest(s.amount_cents - p.period_cents, 0))
        end,
        period_cents = greatest(p.period_cents - s.amount_cents, 0)
    from installment as i
    inner join contract as c on i.contract_id = c.contract_id and c.lender_id = lender and c.product = 'loan'
    inner join contract_terms as t on i.contract_id = t.contract_id and t.method = 'scheduled'
    inner join schedule_run as s -- what was billed may be more: what was paid of it before the terms changed
        on t.contract_id = s.contract_id and t.version = s.version
        and i.installment_no >= s.first_no and i.installment_no < s.first_no + s.count
    where
        i.due_on = day
        and p.contract_id = i.contract_id
        and t.version = p.terms_version
        and p.accrued_through < day;
    get diagnostics n = row_count;
    return n;
end $$;

-- Where the unapplied money of a check stands among that of its contract: what counts from an earlier day is used
-- first, money of the opening (no check) before all. What came after an earlier day's cut-off is the last of its day.
-- lockbox.servicing.adjustment has the same order. `effective_on` is null for money of the opening.
create or replace function unapplied_place(contract bigint, item bigint)
returns table (effective_on date, place text) language sql stable as $$
    select
        j.effective_date,
        coalesce(
            greatest(j.effective_date, o.opened_on + 1) || case when j.business_date < j.effective_date then '/1/' else '/0/' end
            || lpad(j.journal_id::text, 19, '0'),
            ''
        )
    from opening as o
    left join lateral payment_journal(item, contract) as j on true
    where o.contract_id = contract
$$;

-- Applies unapplied money as payments of the day would be applied. Takes the temp table `pay` (pay_no, item_id,
-- contract_id, amount_cents, and excess if customers asked for something) and drops it; one journal for each check and
-- contract, named after the day, and `label` where one check is applied twice in a night: a fee came in between.
create or replace function apply_unapplied(day date, as_of timestamptz, label text default '') returns bigint
language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint := 0;
    rounds int;
begin
    alter table pay add column if not exists excess text, add column unit int, add column round int not null default 1;
    update pay set unit = pay_no;
    rounds := number_rounds();
    if rounds = 1 then
        return apply_round(day, as_of, label);
    end if;
    alter table pay rename to pay_all;
    for round_no in 1..rounds loop
        create temp table pay on commit drop as
        select * from pay_all where round = round_no;
        n := n + apply_round(day, as_of, label);
    end loop;
    drop table pay_all;
    return n;
end $$;

-- Applies the unapplied money of one round (number_rounds): the temp table `pay`, which it drops.
create or replace function apply_round(day date, as_of timestamptz, label text) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
begin
    analyze pay;
    perform allocate_payments(day, day);
    create temp table line on commit drop as
    select
        p.pay_no as place,
        coalesce(o.source_key, 'opening') || '/' || p.contract_id || '/' || day || label as source_key,
        o.site_id,
        p.item_id,
        a.account,
        a.amount_cents,
        p.contract_id
    from (
        select pay_no, 'suspense.unapplied' as account, sum(amount_cents) as amount_cents from pay_part group by pay_no
        union all
        select pay_no, 'receivable.' || bucket, -sum(amount_cents) from pay_part group by pay_no, bucket
    ) as a
    inner join pay as p on a.pay_no = p.pay_no
    left join lateral payment_journal(p.item_id, p.contract_id) as o on true;
    create temp table post_made on commit drop as
    select m.journal_id, m.place::int as pay_no from post_lines('application', day, as_of) as m;
    get diagnostics n = row_count;
    perform credit_payments(day);
    perform drop_allocation();
    drop table post_made, pay;
    return n;
end $$;

-- Writes the journals of a night, one for each source_key of the temp table `line` (place, source_key, site_id,
-- item_id, account, amount_cents, contract_id), in the order of place, and drops it. Returns those that were new.
create or replace function post_lines(kind text, day date, as_of timestamptz)
returns table (journal_id bigint, place bigint) language plpgsql
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
    analyze line;
    return query
    with made as (
        insert into journal (source_kind, source_key, site_id, item_id, business_date, effective_date, posted_at, maker)
        select kind, source_key, min(site_id), min(item_id), day, day, as_of, 'night'
        from line
        group by source_key
        order by min(place)
        on conflict do nothing
        returning journal_id, source_key
    ),

    lines as (
        insert into entry (journal_id, line_no, account, amount_cents, contract_id)
        select
            m.journal_id,
            row_number() over (partition by m.journal_id order by l.amount_cents < 0, l.account),
            l.account,
            l.amount_cents,
            l.contract_id
        from made as m
        inner join line as l on m.source_key = l.source_key
    )

    select m.journal_id, min(l.place)::bigint
    from made as m
    inner join line as l on m.source_key = l.source_key
    group by m.journal_id;
    drop table line;
end $$;

-- 1c. Checks that came after an earlier day's cut-off and count from this day on were kept unapplied: now they are
-- applied as payments of this day, before what the night bills. So are those that came before their contract was taken
-- over: they count from the day after it.
create or replace function night_apply_kept(lender text, day date, as_of timestamptz) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    create temp table pay on commit drop as
    select
        row_number() over (order by j.journal_id, u.contract_id)::int as pay_no,
        j.item_id,
        u.contract_id,
        u.amount_cents,
        (
            select min(l.excess) from decision_line as l
            where l.decision_id = d.decision_id and l.contract_id = u.contract_id
        ) as excess
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id and e.account = 'suspense.unapplied'
    inner join contract as c on e.contract_id = c.contract_id and c.lender_id = lender
    inner join unapplied_open as u on e.contract_id = u.contract_id and j.item_id = u.item_id and u.amount_cents > 0
    inner join newest_decision(j.item_id) as d on d.outcome = 'post'
    inner join opening as o on e.contract_id = o.contract_id
    where
        j.source_kind = 'item'
        and (
            j.effective_date = day
            or (j.effective_date < day and exists (select from opening as x where x.opened_on = day - 1))
        )
        and greatest(j.effective_date, o.opened_on + 1) = day
        and j.business_date < day
        and j.business_date >= day - 30;
    return apply_unapplied(day, as_of, '/kept');
end $$;

-- 5. Interest of the day on the principal that is left after its payments: one journal, one entry for each contract.
-- Cents are rounded half up over all that ever accrued; `carry` is the rest (lockbox.contract.interest, I9).
create or replace function night_accrue(lender text, day date, as_of timestamptz) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
begin
    with accrued as (
        update position as p
        set
            (interest_cents, period_cents, carry, accrued_through) = (
                select
                    p.interest_cents + accrued_cents(x.total),
                    p.period_cents + case when t.method = 'scheduled' then accrued_cents(x.total) else 0 end,
                    accrual_carry(x.total),
                    day
                from (
                    select
                        p.carry + night_numerator(
                            case when t.method = 'daily' then p.principal_cents else p.base_cents end,
                            t.rate_ppm, t.day_count, day
                        ) as total
                ) as x
            )
        from contract_terms as t
        inner join allocation_order as o on t.order_id = o.order_id and o.lender_id = lender
        where
            p.contract_id = t.contract_id and p.terms_version = t.version
            and p.accrued_through = day - 1
            and p.principal_cents > 0 -- a lease has none
            and p.contract_id not in (select s.contract_id from stopped_contracts(lender, 'interest', day) as s)
        returning p.contract_id, new.interest_cents - old.interest_cents as cents
    ),

    made as (
        insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
        select 'accrual', lender || '/' || day, day, day, as_of, 'night'
        where exists (select from accrued where cents > 0)
        returning journal_id
    ),

    lines as (
        insert into entry (journal_id, line_no, account, amount_cents, contract_id)
        select m.journal_id, row_number() over (), 'receivable.interest', a.cents, a.contract_id
        from made as m cross join accrued as a
        where a.cents > 0
        union all
        select m.journal_id, 2147483647, 'income.interest', -x.cents, null
        from made as m
        cross join (select sum(a.cents) as cents from accrued as a where a.cents > 0) as x
    )

    select count(*) into n from accrued;
    -- Loans that accrue nothing had their night too: those that are paid, and those with a flag that stops interest.
    update position as p
    set accrued_through = day
    from contract as c
    where
        p.contract_id = c.contract_id and c.lender_id = lender and c.product = 'loan'
        and p.accrued_through = day - 1;
    return n;
end $$;

-- 8. Applies a lease's unapplied money to what is billed, unless a flag stops it.
create or replace function night_apply(lender text, day date, as_of timestamptz) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    create temp table pay on commit drop as
    select
        row_number() over (order by u.contract_id, w.place)::int as pay_no,
        u.item_id,
        u.contract_id,
        u.amount_cents
    from (
        select p.contract_id
        from position as p
        inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender and c.product = 'lease'
        where
            p.unapplied_cents > 0
            and p.rent_cents + p.tax_cents + p.fee_cents > 0
            and p.contract_id not in (select o.contract_id from not_open_yet(day) as o)
            and p.contract_id not in (select s.contract_id from stopped_contracts(lender, 'application', day) as s)
    ) as q
    cross join lateral (
        select v.* from unapplied_open as v where v.contract_id = q.contract_id and v.amount_cents > 0
    ) as u
    cross join lateral unapplied_place(u.contract_id, u.item_id) as w
    where w.effective_on is null or w.effective_on <= day; -- the others count from a later day
    return apply_unapplied(day, as_of);
end $$;

-- 8b. Money payable to a customer and not paid out is applied to what the contract owes, of a loan that goes on to what
-- is due, unless a flag stops it; the rest stays payable. One journal for each contract, of no check: a refund may
-- come from several.
create or replace function night_net_refunds(lender text, day date, as_of timestamptz) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
begin
    create temp table pay on commit drop as
    select
        row_number() over (order by p.contract_id)::int as pay_no,
        null::bigint as item_id,
        p.contract_id,
        p.refund_cents as amount_cents,
        null::text as excess
    from position as p
    inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender
    where
        p.refund_cents > 0
        and p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents > 0
        and p.contract_id not in (select o.contract_id from not_open_yet(day) as o)
        and p.contract_id not in (select s.contract_id from stopped_contracts(lender, 'application', day) as s);
    analyze pay;
    perform allocate_payments(day, day, only_due => true);
    create temp table line on commit drop as
    select
        p.pay_no as place,
        'refund/' || p.contract_id || '/' || day as source_key,
        null::text as site_id,
        null::bigint as item_id,
        a.account,
        a.amount_cents,
        p.contract_id
    from (
        select pay_no, 'payable.refund' as account, sum(amount_cents) as amount_cents from pay_part group by pay_no
        union all
        select pay_no, 'receivable.' || bucket, -sum(amount_cents) from pay_part group by pay_no, bucket
    ) as a
    inner join pay as p on a.pay_no = p.pay_no;
    create temp table post_made on commit drop as
    select m.journal_id, m.place::int as pay_no from post_lines('application', day, as_of) as m;
    get diagnostics n = row_count;
    perform credit_payments(day);
    perform drop_allocation();
    perform trim_refunds(array(select p.contract_id from pay as p), day, as_of);
    drop table post_made, pay;
    return n;
end $$;

-- 9. Unapplied money of a contract that owes nothing becomes a refund: payable, one journal for each check.
create or replace function night_refunds(lender text, day date, as_of timestamptz) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
begin
    create temp table line on commit drop as
    select
        u.first_journal_id as place,
        coalesce(o.source_key, 'opening') || '/' || u.contract_id || '/' || day as source_key,
        o.site_id,
        u.item_id,
        x.account,
        x.amount_cents,
        u.contract_id
    from (
        select p.contract_id
        from position as p
        inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender
        where
            p.unapplied_cents > 0
            and p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents = 0
            and (c.product = 'loan' or p.ended_on is not null)
            and p.contract_id not in (select o.contract_id from not_open_yet(day) as o)
            and p.contract_id not in (select s.contract_id from stopped_contracts(lender, 'application', day) as s)
    ) as q
    cross join lateral (
        select v.* from unapplied_open as v where v.contract_id = q.contract_id and v.amount_cents > 0
    ) as u
    left join lateral payment_journal(u.item_id, u.contract_id) as o on true
    cross join lateral (
        values ('suspense.unapplied', u.amount_cents), ('payable.refund', -u.amount_cents)
    ) as x (account, amount_cents)
    where o.effective_date is null or o.effective_date <= day;
    select count(*) into n from post_lines('refund', day, as_of);
    return n;
end $$;
