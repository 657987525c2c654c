-- What the ledger refuses, statement by statement: a journal without lines or out of balance, a line without its
-- account, a line added to an earlier journal. The triggers check whole sets, then update positions and installments.
-- Journals and entries are looked up one by one, in subqueries that cannot become joins: the statistics of a table that
-- just grew are stale, and a planner that takes it to be empty reads all of it for every line.

-- Checks the entries of one statement: I1 (two lines or more, sum 0), the foreign keys, and that no line joins a
-- journal of an earlier transaction. Then adds the lines to the positions of their contracts.
create or replace function guard_entries() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    seen record;
    bad record;
begin
    with whole as (
        select
            p.journal_id,
            p.lines,
            p.off_cents,
            (
                select case when j.written_by = pg_current_xact_id() then j.source_kind in ('opening', 'accrual') end
                from journal as j where j.journal_id = p.journal_id
            ) as from_position
        from (
            select a.journal_id, count(*) as lines, sum(a.amount_cents) as off_cents from added as a
            group by a.journal_id
        ) as p
    )

    select
        min(w.journal_id) filter (where w.off_cents <> 0 or w.lines < 2) as unbalanced,
        bool_or(w.from_position is null) as is_late,
        bool_and(w.from_position) as from_positions,
        bool_or(w.from_position) as some_from_positions,
        (
            select min(a.account) from (select distinct account from added) as a
            where not exists (select from ledger_account as l where l.account = a.account)
        ) as unknown_account
    into seen
    from whole as w;
    if seen.unbalanced is not null then
        select count(*) as lines, sum(amount_cents) as off_cents into bad
        from added where journal_id = seen.unbalanced;
        raise exception 'journal %: % lines, off by % cents', seen.unbalanced, bad.lines, bad.off_cents
            using errcode = 'check_violation';
    end if;
    if seen.is_late then
        raise exception 'entries added to a journal of an earlier transaction' using errcode = 'check_violation';
    end if;
    if seen.unknown_account is not null then
        raise exception 'no such ledger account: %', seen.unknown_account using errcode = 'foreign_key_violation';
    end if;
    -- Openings and accruals write the positions themselves, together with what is not in the ledger.
    if seen.from_positions is distinct from false then
        return null;
    end if;
    if seen.some_from_positions then
        raise exception 'openings and accruals are written in statements of their own' using errcode = 'check_violation';
    end if;
    with change as materialized (
        select
            a.contract_id,
            sum(a.amount_cents) filter (where a.account = 'receivable.principal') as principal_cents,
            sum(a.amount_cents) filter (where a.account = 'receivable.interest') as interest_cents,
            sum(a.amount_cents) filter (where a.account = 'receivable.fee') as fee_cents,
            sum(a.amount_cents) filter (where a.account = 'receivable.rent') as rent_cents,
            sum(a.amount_cents) filter (where a.account = 'receivable.tax') as tax_cents,
            sum(a.amount_cents) filter (where a.account = 'suspense.unapplied') as suspense_cents,
            sum(a.amount_cents) filter (where a.account = 'payable.refund') as payable_cents
        from added as a
        where a.contract_id is not null
        group by a.contract_id
    ),

    moved as (
        update position as p set
            principal_cents = p.principal_cents + coalesce(d.principal_cents, 0),
            interest_cents = p.interest_cents + coalesce(d.interest_cents, 0),
            fee_cents = p.fee_cents + coalesce(d.fee_cents, 0),
            rent_cents = p.rent_cents + coalesce(d.rent_cents, 0),
            tax_cents = p.tax_cents + coalesce(d.tax_cents, 0),
            unapplied_cents = p.unapplied_cents - coalesce(d.suspense_cents, 0),
            refund_cents = p.refund_cents - coalesce(d.payable_cents, 0)
        from change as d
        where p.contract_id = d.contract_id
        returning p.contract_id
    )

    select c.contract_id into bad
    from change as c
    where
        (select count(*) from change) <> (select count(*) from moved)
        and not exists (select from position as p where p.contract_id = c.contract_id)
    limit 1;
    if found then
        raise exception 'no such contract: %', bad.contract_id using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

-- A journal comes with its entries, in one statement, and its site and check exist (nobody deletes those: decisions
-- refer to them). A closed site day takes no more item journals. The close of a day takes the day's lock exclusively:
-- it sees what is under way here, or what comes after it is refused. Sealing takes the ledger's lock in the same way.
create or replace function guard_journals() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    bad record;
    day record;
begin
    select a.* into bad from added as a
    where (select e.line_no from entry as e where e.journal_id = a.journal_id limit 1) is null limit 1;
    if found then
        raise exception 'journal % (% %) has no entries', bad.journal_id, bad.source_kind, bad.source_key
            using errcode = 'check_violation';
    end if;
    select a.* into bad from added as a
    where
        (a.item_id is not null and (select i.item_id from item as i where i.item_id = a.item_id) is null)
        or (a.site_id is not null and a.site_id <> all(array(select s.site_id from site as s)))
    limit 1;
    if found then
        raise exception 'journal % (% %): no such item % or site %',
            bad.journal_id, bad.source_kind, bad.source_key, bad.item_id, bad.site_id
            using errcode = 'foreign_key_violation';
    end if;
    for day in select distinct site_id, business_date from added where source_kind = 'item' order by 1, 2
    loop
        perform pg_advisory_xact_lock_shared(hashtextextended(day.site_id || '/' || day.business_date, 0));
        if exists (
            select from day_close where site_id = day.site_id and business_date = day.business_date
        ) then
            raise exception '% %: the day is closed', day.site_id, day.business_date
                using errcode = 'check_violation';
        end if;
    end loop;
    return null;
end $$;

-- A credit belongs to a known installment, which keeps the sum of its credits.
create or replace function guard_credits() returns trigger language plpgsql set enable_seqscan = off as $$
declare
    missing bigint;
begin
    with change as materialized (
        select contract_id, installment_no, sum(amount_cents) as amount_cents from added
        group by contract_id, installment_no
    ),

    kept as (
        update installment as i set credited_cents = i.credited_cents + d.amount_cents
        from change as d
        where i.contract_id = d.contract_id and i.installment_no = d.installment_no
        returning i.installment_no
    )

    select (select count(*) from change) - (select count(*) from kept) into missing;
    if missing <> 0 then
        raise exception 'credit to an installment that is not there' using errcode = 'foreign_key_violation';
    end if;
    return null;
end $$;

-- Takes the ledger's lock before a journal gets its number: a seal can rely on no lower number being under way.
create or replace function journals_begin() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock_shared(hashtextextended('ledger', 0));
    return null;
end $$;

do $$ begin
    if not exists (select from pg_trigger where tgname = 'journals_begin') then
        create trigger journals_begin before insert on journal for each statement execute function journals_begin();
    end if;
    if not exists (select from pg_trigger where tgname = 'guard_entries') then
        create trigger guard_entries after insert on entry
        referencing new table as added for each statement execute function guard_entries();
        create trigger guard_journals after insert on journal
        referencing new table as added for each statement execute function guard_journals();
        create trigger guard_credits after insert on installment_credit
        referencing new table as added for each statement execute function guard_credits();
    end if;
end $$;
