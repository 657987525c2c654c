-- Posts the decisions of a batch that have no journal yet, once (I4). A payment that counts from a later day (it came
-- after the cut-off, or before the contract is taken over) is kept unapplied until that day's night.
create or replace function post_batch(batch bigint, as_of timestamptz) returns void language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' set default_statistics_target = 10
set random_page_cost = 1.1 as $$
begin
    create temp table post_decided on commit drop as
    select
        d.decision_id,
        d.item_id,
        d.outcome,
        d.suspense_kind,
        d.amount_cents,
        d.maker,
        d.site_id,
        d.business_date,
        d.effective_date,
        b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as source_key,
        i.sequence
    from item as i
    inner join batch as b on i.batch_id = b.batch_id
    inner join newest_decision(i.item_id) as d on d.outcome in ('post', 'suspense')
    where
        i.batch_id = batch
        -- looked up one by one: the planner cannot know how many journals were written since it counted them
        and (
            select j.journal_id from journal as j where j.item_id = i.item_id and j.source_kind = 'item' limit 1
        ) is null;
    perform post_decided(as_of);
end $$;

-- Posts the newest decisions of items that are not in the ledger, or were taken back. A check that is posted again
-- keeps its name, with a number.
create or replace function post_items(items bigint[], as_of timestamptz) returns void language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' set default_statistics_target = 10
set random_page_cost = 1.1 as $$
begin
    create temp table post_decided on commit drop as
    select
        d.decision_id,
        d.item_id,
        d.outcome,
        d.suspense_kind,
        d.amount_cents,
        d.maker,
        d.site_id,
        d.business_date,
        d.effective_date,
        b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence
        || case when p.journals > 0 then '/' || (p.journals + 1) else '' end as source_key,
        row_number() over (order by b.business_date, b.batch_no, i.sequence)::int as sequence
    from unnest(items) as u (item_id)
    inner join item as i on u.item_id = i.item_id
    inner join batch as b on i.batch_id = b.batch_id
    inner join newest_decision(i.item_id) as d on d.outcome in ('post', 'suspense')
    cross join lateral (
        select
            count(*) as journals,
            count(*) filter (
                where not exists (select from journal as r where r.reverses = j.journal_id)
            ) as standing
        from journal as j where j.item_id = i.item_id and j.source_kind = 'item'
    ) as p
    where p.standing = 0;
    perform post_decided(as_of);
end $$;

-- Posts what is in the temp table post_decided, day by day, and drops it.
create or replace function post_decided(as_of timestamptz) returns void language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' set default_statistics_target = 10
set random_page_cost = 1.1 as $$
declare
    of record;
    rounds int;
begin
    for of in
        select distinct d.business_date, d.effective_date from post_decided as d order by 1, 2
    loop
        create temp table post_due on commit drop as
        select d.* from post_decided as d
        where d.business_date = of.business_date and d.effective_date = of.effective_date;
        create temp table pay on commit drop as
        select
            row_number() over (order by due.sequence, l.line_no)::int as pay_no,
            due.sequence as unit,
            due.item_id,
            l.contract_id,
            l.amount_cents,
            l.excess,
            1 as round
        from post_due as due
        inner join decision_line as l on due.decision_id = l.decision_id and l.contract_id is not null
        where
            due.outcome = 'post' and of.effective_date <= of.business_date
            and l.contract_id not in (select o.contract_id from not_open_yet(of.business_date) as o);
        analyze pay (pay_no, item_id, contract_id);
        rounds := number_rounds();
        if rounds = 1 then
            perform post_round(of.effective_date, of.business_date, as_of);
            continue;
        end if;
        alter table post_due rename to post_all;
        alter table pay rename to pay_all;
        for round_no in 1..rounds loop
            create temp table post_due on commit drop as
            select d.* from post_all as d
            where coalesce((select min(p.round) from pay_all as p where p.item_id = d.item_id), 1) = round_no;
            create temp table pay on commit drop as
            select * from pay_all where round = round_no;
            perform post_round(of.effective_date, of.business_date, as_of);
        end loop;
        drop table post_all, pay_all;
    end loop;
    drop table post_decided;
end $$;

-- Posts the checks in the temp table post_due, whose payments are in `pay`, and drops both.
create or replace function post_round(effective_on date, business_on date, as_of timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp set work_mem = '64MB'
set default_statistics_target = 10 set random_page_cost = 1.1 as $$
begin
    perform allocate_payments(effective_on, business_on);

    with line as (
        select
            item_id, 1 as part_order, 0::smallint as from_no, 'clearing.' || site_id as account, amount_cents,
            null::bigint as contract_id
        from post_due
        union all
        select p.item_id, 2, p.pay_no, 'receivable.' || a.bucket, -sum(a.amount_cents), p.contract_id
        from pay as p
        inner join pay_part as a on p.pay_no = a.pay_no
        group by p.item_id, p.pay_no, a.bucket, p.contract_id
        union all
        select p.item_id, 3, p.pay_no, 'suspense.unapplied', coalesce(a.paid_cents, 0) - p.amount_cents, p.contract_id
        from pay as p
        left join (select pay_no, sum(amount_cents) as paid_cents from pay_part group by pay_no) as a
            on p.pay_no = a.pay_no
        where coalesce(a.paid_cents, 0) < p.amount_cents
        union all
        select due.item_id, 4, l.line_no, 'suspense.unapplied', -l.amount_cents, l.contract_id
        from post_due as due
        inner join decision_line as l on due.decision_id = l.decision_id
        where
            due.suspense_kind = 'unapplied'
            or (
                due.outcome = 'post'
                and l.contract_id is not null
                and (
                    effective_on > business_on
                    or l.contract_id in (select o.contract_id from not_open_yet(business_on) as o)
                )
            )
        union all
        select due.item_id, 5, l.line_no, 'suspense.unidentified', -l.amount_cents, null
        from post_due as due
        inner join decision_line as l on due.decision_id = l.decision_id and l.contract_id is null
        union all
        select item_id, 6, 0, 'suspense.unidentified', -amount_cents, null
        from post_due
        where suspense_kind = 'unidentified'
    ),

    made as (
        insert into journal (
            source_kind, source_key, site_id, item_id, business_date, effective_date, posted_at, maker
        )
        select
            'item', source_key, site_id, item_id, business_date, effective_date, as_of, maker
        from post_due
        order by sequence
        returning journal_id, item_id
    ),

    lines as (
        insert into entry (journal_id, line_no, account, amount_cents, contract_id)
        select
            made.journal_id,
            row_number() over (
                partition by made.journal_id order by line.part_order, line.from_no, line.account
            ),
            line.account,
            line.amount_cents,
            line.contract_id
        from made
        inner join line on made.item_id = line.item_id
    )

    insert into installment_credit (journal_id, contract_id, installment_no, amount_cents, credited_on)
    select made.journal_id, a.contract_id, a.installment_no, sum(a.amount_cents), effective_on
    from made
    inner join pay as p on made.item_id = p.item_id
    inner join pay_part as a on p.pay_no = a.pay_no and (a.installment_no > 0 or a.bucket in ('rent', 'tax'))
    group by made.journal_id, a.contract_id, a.installment_no;
    perform drop_allocation();
    drop table post_due, pay;
end $$;

-- Writes the credits of the journals in post_made (journal_id, pay_no) to installments.
create or replace function credit_payments(day date) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    insert into installment_credit (journal_id, contract_id, installment_no, amount_cents, credited_on)
    select m.journal_id, a.contract_id, a.installment_no, sum(a.amount_cents), day
    from post_made as m
    inner join pay_part as a on m.pay_no = a.pay_no and (a.installment_no > 0 or a.bucket in ('rent', 'tax'))
    group by m.journal_id, a.contract_id, a.installment_no;
end $$;

-- One journal with its lines [{account, amount_cents, contract_id}] and its credits to installments
-- [{contract_id, installment_no, amount_cents, credited_on}]; gives its id. The same call again gives the same id; the
-- same key with other content is an error (I4).
create or replace function post_journal(
    kind text, key text, site text, item bigint, business_on date, effective_on date, as_of timestamptz, by text,
    reversed bigint, lines jsonb, credits jsonb default '[]'
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    made bigint;
    is_same boolean;
begin
    select
        j.journal_id,
        (j.site_id, j.item_id, j.effective_date, j.reverses) is not distinct from (site, item, effective_on, reversed)
        and not exists (
            (
                select e.account, e.amount_cents, e.contract_id from entry as e where e.journal_id = j.journal_id
                except all
                select l.account, l.amount_cents, l.contract_id
                from jsonb_to_recordset(lines) as l (account text, amount_cents bigint, contract_id bigint)
            )
            union all
            (
                select l.account, l.amount_cents, l.contract_id
                from jsonb_to_recordset(lines) as l (account text, amount_cents bigint, contract_id bigint)
                except all
                select e.account, e.amount_cents, e.contract_id from entry as e where e.journal_id = j.journal_id
            )
        )
    into made, is_same
    from journal as j
    where j.source_kind = kind and j.source_key = key;
    if made is not null and not is_same then
        raise exception 'journal % %: there already with other content', kind, key using errcode = 'unique_violation';
    end if;
    if made is not null then
        return made;
    end if;
    perform from position as p
    where
        p.contract_id in (
            select l.contract_id from jsonb_to_recordset(lines) as l (contract_id bigint)
        )
    order by p.contract_id
    for no key update;
    with header as (
        insert into journal (
            source_kind, source_key, site_id, item_id, business_date, effective_date, posted_at, maker, reverses
        )
        values (kind, key, site, item, business_on, effective_on, as_of, by, reversed)
        returning journal_id
    ),

    body as (
        insert into entry (journal_id, line_no, account, amount_cents, contract_id)
        select
            h.journal_id,
            l.line_no,
            l.line ->> 'account',
            (l.line ->> 'amount_cents')::bigint,
            (l.line ->> 'contract_id')::bigint
        from header as h cross join jsonb_array_elements(lines) with ordinality as l (line, line_no)
    )

    select journal_id into made from header;
    insert into installment_credit (journal_id, contract_id, installment_no, amount_cents, credited_on)
    select made, c.contract_id, c.installment_no, c.amount_cents, c.credited_on
    from jsonb_to_recordset(credits) as c (
        contract_id bigint, installment_no int, amount_cents bigint, credited_on date
    );
    return made;
end $$;

-- Reverses a journal: the same lines and credits with the opposite sign and the same effective date; once (I3, I11).
create or replace function reverse_journal(reversed bigint, business_on date, as_of timestamptz, by text)
returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    j journal;
begin
    select * into strict j from journal where journal_id = reversed;
    return post_journal(
        'reversal', j.source_kind || '/' || j.source_key, j.site_id, null, business_on, j.effective_date, as_of, by,
        reversed,
        (
            select jsonb_agg(jsonb_build_object(
                'account', e.account, 'amount_cents', -e.amount_cents, 'contract_id', e.contract_id
            ) order by e.line_no)
            from entry as e where e.journal_id = reversed
        ),
        coalesce((
            select jsonb_agg(jsonb_build_object(
                'contract_id', c.contract_id, 'installment_no', c.installment_no, 'amount_cents', -c.amount_cents,
                'credited_on', c.credited_on
            ))
            from installment_credit as c
            where
                c.journal_id = reversed
                and c.contract_id in (select e.contract_id from entry as e where e.journal_id = reversed)
        ), '[]')
    );
end $$;
