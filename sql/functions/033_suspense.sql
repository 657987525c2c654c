-- The way out of suspense: money is identified, moved, or refunded to its sender; proposed, confirmed where the lender
-- asks for it, and made final, as resolutions are. Faults are SQLSTATE LB004 with a message for the person.

-- The payment of a check that stands on a contract: its own journal, or that by which it was identified for it.
create or replace function payment_journal(item bigint, contract bigint) returns setof journal language sql stable as $$
    select j.* from journal as j
    where
        j.item_id = item and j.source_kind in ('item', 'identification')
        and exists (select from entry as e where e.journal_id = j.journal_id and e.contract_id = contract)
        and not exists (select from journal as r where r.reverses = j.journal_id)
    order by j.journal_id
    limit 1
$$;

-- The unidentified money of a check, as the ledger has it.
create or replace function unidentified_cents(item bigint) returns bigint language sql stable as $$
    select coalesce(-sum(e.amount_cents), 0)::bigint
    from journal as j
    left join journal as r on j.journal_id = r.reverses
    inner join entry as e
        on e.journal_id in (j.journal_id, r.journal_id) and e.account = 'suspense.unidentified'
    where j.item_id = item
$$;

-- What of a check's money was identified for a contract and is not moved on.
create or replace function identified_cents(item bigint, seen int, contract bigint) returns bigint
language sql stable as $$
    select coalesce(sum(s.cents), 0)::bigint from suspense_standing as s
    where s.item_id = item and s.version = seen and s.contract_id = contract
$$;

-- Why a person may not do this with the money of a check now; `from_contract`: the one that it is moved from.
create or replace function ensure_suspense(
    item bigint, seen int, action text, from_contract bigint, cents bigint
) returns void language plpgsql stable set search_path = public, pg_temp as $$
declare
    d decision;
    there bigint;
begin
    select * into d from newest_decision(item);
    if d.version is distinct from seen then
        raise exception 'item %: it was decided anew meanwhile', item using errcode = 'LB004';
    end if;
    if not exists (
        select from journal as j
        where
            j.item_id = item and j.source_kind = 'item'
            and not exists (select from journal as r where r.reverses = j.journal_id)
    ) then
        raise exception 'item %: it is not deposited, or was taken back', item using errcode = 'LB004';
    end if;
    there := case when action = 'move' then identified_cents(item, seen, from_contract) else unidentified_cents(item) end;
    if action = 'move' and there = 0 then
        raise exception 'item %: nothing of it was identified for this contract; a check that was posted wrong is taken '
            'back with `reverse`', item using errcode = 'LB004';
    end if;
    if there < cents then
        raise exception 'item %: % cents are there, not %', item, there, cents using errcode = 'LB004';
    end if;
end $$;

-- Nobody decides about a contract of their own or of their household.
create or replace function ensure_not_own(person text, contracts bigint[], named text) returns void
language plpgsql stable set search_path = public, pg_temp as $$
begin
    if exists (
        select from own_contract as o
        where lower(trim(o.person)) = lower(trim(ensure_not_own.person)) and o.contract_id = any(contracts)
    ) then
        raise exception '%: nobody decides about a contract of their own or of their household', named
            using errcode = 'LB004';
    end if;
end $$;

-- Proposes what shall become of suspense; gives its number. `proposal`: action, contract_id (move: from), amount_cents,
-- lines [{contract_id, amount_cents, excess}], payee_name, payee_address, note.
create or replace function propose_suspense(
    item bigint, seen int, proposal jsonb, by_person text, as_of timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    p record;
    d decision;
    second jsonb;
    stays bigint;
    made bigint;
begin
    perform from item as i where i.item_id = item for no key update;
    select * into p from jsonb_to_record(proposal) as x (
        action text, contract_id bigint, amount_cents bigint, lines jsonb, payee_name text, payee_address text[],
        note text
    );
    perform ensure_suspense(item, seen, p.action, p.contract_id, p.amount_cents);
    perform ensure_not_own(
        by_person,
        array(select l.contract_id from jsonb_to_recordset(p.lines) as l (contract_id bigint)) || p.contract_id,
        'item ' || item
    );
    if exists (
        select from suspense_work_state as w where w.item_id = item and w.state in ('proposed', 'ready')
    ) then
        raise exception 'item %: % proposed something already', item, (
            select w.maker from suspense_work_state as w where w.item_id = item and w.state in ('proposed', 'ready')
        ) using errcode = 'LB004';
    end if;
    if p.action <> 'refund' and p.amount_cents <> (
        select coalesce(sum(l.amount_cents), 0) from jsonb_to_recordset(p.lines) as l (amount_cents bigint)
    ) then
        raise exception 'item %: its parts do not add up to % cents', item, p.amount_cents using errcode = 'LB004';
    end if;
    if exists (
        select from jsonb_to_recordset(p.lines) as l (contract_id bigint)
        where
            l.contract_id is not distinct from p.contract_id
            or not exists (select from position as x where x.contract_id = l.contract_id) and l.contract_id is not null
    ) then
        raise exception 'item %: it is there already, or the contract is not taken over yet', item
            using errcode = 'LB004';
    end if;
    select * into strict d from newest_decision(item);
    second := policy_value(d.site_id, 'exceptions.second_person', d.business_date);
    insert into suspense_work (
        item_id, site_id, expected_version, action, contract_id, amount_cents, payee_name, payee_address, note,
        needs_second, maker, proposed_at
    )
    values (
        item, d.site_id, seen, p.action, p.contract_id, p.amount_cents, p.payee_name, coalesce(p.payee_address, '{}'),
        coalesce(p.note, ''), coalesce(p.amount_cents >= (second ->> p.action)::bigint, true), trim(by_person), as_of
    )
    returning work_id into made;
    stays := case when p.action = 'move' then identified_cents(item, seen, p.contract_id) - p.amount_cents else 0 end;
    insert into suspense_line (work_id, line_no, contract_id, amount_cents, excess)
    select made, l.line_no, (l.line ->> 'contract_id')::bigint, (l.line ->> 'amount_cents')::bigint, l.line ->> 'excess'
    from jsonb_array_elements(p.lines) with ordinality as l (line, line_no)
    union all
    select made, jsonb_array_length(p.lines) + 1, p.contract_id, stays, null
    where stays > 0;
    return made;
end $$;

-- Takes a step of a proposal that is not final: a second person confirms or refuses it, or its maker takes it back.
create or replace function step_suspense(
    work bigint, to_state text, person text, words text, as_of timestamptz
) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    w record;
    is_maker boolean;
begin
    perform from item as i
    where i.item_id = (select x.item_id from suspense_work as x where x.work_id = work) for no key update;
    select * into w from suspense_work_state as x where x.work_id = work;
    if not found then
        raise exception 'proposal %: no such number', work using errcode = 'LB004';
    end if;
    is_maker := lower(trim(person)) = lower(trim(w.maker));
    if w.state not in ('proposed', 'ready') then
        raise exception 'proposal %: it is % already', work, w.state using errcode = 'LB004';
    end if;
    if to_state not in ('confirmed', 'refused', 'undone') then
        raise exception 'proposal %: no such step: %', work, to_state using errcode = 'LB004';
    end if;
    if to_state = 'confirmed' and w.state = 'ready' then
        raise exception 'proposal %: it needs no second person any more', work using errcode = 'LB004';
    end if;
    if to_state in ('confirmed', 'refused') and is_maker then
        raise exception 'proposal %: % proposed it; somebody else has to look at it', work, w.maker
            using errcode = 'LB004';
    end if;
    if to_state = 'undone' and not is_maker then
        raise exception 'proposal %: % proposed it; somebody else refuses it', work, w.maker using errcode = 'LB004';
    end if;
    if to_state = 'refused' and words = '' then
        raise exception 'proposal %: say why it is refused', work using errcode = 'LB004';
    end if;
    perform ensure_not_own(
        person, array(select l.contract_id from suspense_line as l where l.work_id = work) || w.contract_id,
        'proposal ' || work
    );
    insert into suspense_step values (work, w.step + 1, to_state, trim(person), words, as_of);
end $$;

-- Makes proposals of one site final: those whose money counts by the site's first day that is not closed, on contracts
-- that are taken over by then; the others wait. Their journals follow in the same transaction: what is moved is
-- reversed (lockbox.servicing.correction), then post_suspense. Gives what became final, with that day.
create or replace function finish_suspense(works bigint[], open_days date[], as_of timestamptz)
returns table (work_id bigint, item_id bigint, action text, contract_id bigint, maker text, business_date date)
language plpgsql
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    site text;
    day date;
    w record;
begin
    perform from item as i
    inner join suspense_work as x on i.item_id = x.item_id
    where x.work_id = any(works)
    order by i.item_id
    for no key update of i;
    select min(x.site_id) into site from suspense_work as x
    where x.work_id = any(works)
    having min(x.site_id) = max(x.site_id);
    if site is null then
        raise exception 'proposals of one site are made final together' using errcode = 'LB004';
    end if;
    day := books_day(site, open_days);
    for w in
        select x.*, d.effective_date
        from suspense_work_state as x
        cross join lateral newest_decision(x.item_id) as d
        where x.work_id = any(works)
        order by x.work_id
    loop
        if w.state <> 'ready' then
            raise exception 'item %: proposal % cannot be made final: it is %', w.item_id, w.work_id, w.state
                using errcode = 'LB004';
        end if;
        perform ensure_suspense(w.item_id, w.expected_version, w.action, w.contract_id, w.amount_cents);
        continue when w.effective_date > day or exists (
            select from suspense_line as l
            inner join not_open_yet(day) as o on l.contract_id = o.contract_id
            where l.work_id = w.work_id
        );
        insert into suspense_step values (w.work_id, w.step + 1, 'final', 'engine', '', as_of, day);
        return query select w.work_id, w.item_id, w.action, w.contract_id, w.maker, day;
    end loop;
end $$;

-- Posts what was made final in this transaction, effective as of the receipt of the item. What a flag forbids to apply,
-- then or now, is kept unapplied (its journal's key says so). Gives the journals.
create or replace function post_suspense(works bigint[], as_of timestamptz) returns bigint[] language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    of record;
    rounds int;
    made bigint[] := '{}';
begin
    create temp table way_out on commit drop as
    select
        row_number() over (order by w.work_id, l.line_no)::int as pay_no,
        row_number() over (order by w.work_id, l.line_no)::int as unit,
        w.work_id || '/' || coalesce(l.line_no, 0) as source_key,
        w.site_id, w.item_id, w.maker, w.action, l.contract_id, s.business_date, d.effective_date, l.excess,
        coalesce(l.amount_cents, w.amount_cents) as amount_cents,
        exists (
            select from contract as c
            where
                c.contract_id = l.contract_id
                and c.contract_id in (
                    select x.contract_id from stopped_contracts(c.lender_id, 'application', d.effective_date) as x
                    union all
                    select x.contract_id from stopped_contracts(c.lender_id, 'application', s.business_date) as x
                )
        ) as is_kept,
        1 as round
    from suspense_work as w
    inner join suspense_step as s on w.work_id = s.work_id and s.state = 'final'
    left join suspense_line as l on w.work_id = l.work_id
    cross join lateral newest_decision(w.item_id) as d
    where w.work_id = any(works) and (l.contract_id is not null or w.action = 'refund');
    for of in select distinct x.business_date, x.effective_date from way_out as x order by 1, 2
    loop
        create temp table pay_all on commit drop as
        select x.* from way_out as x
        where x.business_date = of.business_date and x.effective_date = of.effective_date;
        create temp table pay on commit drop as
        select * from pay_all where contract_id is not null and not is_kept;
        rounds := number_rounds();
        update pay_all as a set round = p.round from pay as p where a.pay_no = p.pay_no;
        drop table pay;
        for round_no in 1..rounds loop
            create temp table pay on commit drop as
            select * from pay_all where round = round_no and contract_id is not null and not is_kept;
            made := made || post_way_out(of.effective_date, of.business_date, round_no, as_of);
        end loop;
        drop table pay_all;
    end loop;
    drop table way_out;
    return made;
end $$;

-- Posts one round of the temp table pay_all, whose payments are in `pay`, which it drops.
create or replace function post_way_out(effective_on date, business_on date, round_no int, as_of timestamptz)
returns bigint[] language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    journals bigint[];
begin
    perform allocate_payments(effective_on, business_on);
    with paid as (
        select pay_no, sum(amount_cents) as cents from pay_part group by pay_no
    ),

    line as (
        select pay_no, 1 as part_order, 'suspense.unidentified' as account, amount_cents, null::bigint as contract_id
        from pay_all
        union all
        select a.pay_no, 2, 'receivable.' || a.bucket, -sum(a.amount_cents), a.contract_id
        from pay_part as a
        group by a.pay_no, a.bucket, a.contract_id
        union all
        select p.pay_no, 3, 'suspense.unapplied', coalesce(a.cents, 0) - p.amount_cents, p.contract_id
        from pay_all as p
        left join paid as a on p.pay_no = a.pay_no
        where p.contract_id is not null and coalesce(a.cents, 0) < p.amount_cents
        union all
        select pay_no, 3, 'payable.sender_refund', -amount_cents, null from pay_all where action = 'refund'
    ),

    posted as (
        insert into journal (
            source_kind, source_key, site_id, item_id, business_date, effective_date, posted_at, maker
        )
        select
            case when action = 'refund' then 'sender_refund' else 'identification' end,
            source_key || case when is_kept then '/kept' else '' end,
            site_id, item_id, business_date, effective_date, as_of, maker
        from pay_all
        where round = round_no
        order by pay_no
        returning journal_id, source_key
    ),

    numbered as (
        select m.journal_id, p.pay_no
        from posted as m
        inner join pay_all as p on m.source_key in (p.source_key, p.source_key || '/kept')
    ),

    body as (
        insert into entry (journal_id, line_no, account, amount_cents, contract_id)
        select
            m.journal_id,
            row_number() over (partition by m.journal_id order by l.part_order, l.account),
            l.account, l.amount_cents, l.contract_id
        from numbered as m
        inner join line as l on m.pay_no = l.pay_no
    ),

    credited as (
        insert into installment_credit (journal_id, contract_id, installment_no, amount_cents, credited_on)
        select m.journal_id, a.contract_id, a.installment_no, sum(a.amount_cents), effective_on
        from numbered as m
        inner join pay_part as a
            on m.pay_no = a.pay_no and (a.installment_no > 0 or a.bucket in ('rent', 'tax'))
        group by m.journal_id, a.contract_id, a.installment_no
    )

    select array_agg(m.journal_id order by m.journal_id) into journals from numbered as m;
    perform drop_allocation();
    drop table pay;
    return coalesce(journals, '{}');
end $$;

-- Notes that a proposal could not be made final, and why.
create or replace function fail_suspense(work bigint, words text, as_of timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into suspense_step
    select w.work_id, w.step + 1, 'failed', 'engine', words, as_of
    from suspense_work_state as w where w.work_id = work and w.state in ('proposed', 'ready')
$$;
