-- The double-entry ledger: integer cents, debit positive, credit negative, append-only.

create table ledger_account (
    account text primary key check (account ~ '^[a-z][a-z0-9_.]*$'),
    kind text not null check (kind in ('asset', 'liability', 'income', 'equity')),
    name text not null
);

create table journal (
    journal_id bigint generated always as identity primary key,
    source_kind text not null check (source_kind in ('opening', 'item', 'deposit', 'reversal')),
    source_key text not null, -- natural key of what caused it: one journal per source (I4)
    site_id text references site,
    item_id bigint references item,
    business_date date not null,
    effective_date date not null,
    posted_at timestamptz not null,
    maker text not null,
    reverses bigint unique references journal, -- at most once (I3)
    written_by xid8 not null default pg_current_xact_id(), -- entries join only in the transaction that made it
    unique (source_kind, source_key),
    check ((source_kind = 'reversal') = (reverses is not null)),
    check ((source_kind = 'item') = (item_id is not null))
);
create index journal_item on journal (item_id);
create index journal_day on journal (site_id, business_date);

create table entry (
    journal_id bigint not null references journal,
    line_no int not null check (line_no > 0),
    account text not null references ledger_account,
    amount_cents bigint not null check (amount_cents <> 0), -- I1: no zero line
    contract_id bigint references contract,
    charge_id bigint references charge,
    primary key (journal_id, line_no)
);
create index entry_charge on entry (charge_id) include (amount_cents) where charge_id is not null;
create index entry_contract on entry (contract_id) include (account, amount_cents) where contract_id is not null;
create index entry_account on entry (account) include (amount_cents);

-- I1: a journal's lines come all at once, at least two of them, and sum to 0.
create function entries_balance() returns trigger language plpgsql as $$
declare
    bad record;
begin
    select e.journal_id, count(*) as lines, sum(e.amount_cents) as off_cents into bad
    from entry as e
    where e.journal_id in (select journal_id from added)
    group by e.journal_id having sum(e.amount_cents) <> 0 or count(*) < 2 limit 1;
    if found then
        raise exception 'journal %: % lines, off by % cents', bad.journal_id, bad.lines, bad.off_cents
            using errcode = 'check_violation';
    end if;
    if exists (
        select from added as a join journal as j using (journal_id) where j.written_by <> pg_current_xact_id()
    ) then
        raise exception 'entries added to a journal of an earlier transaction' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger entries_balance after insert on entry
referencing new table as added for each statement execute function entries_balance();

create function journal_has_entries() returns trigger language plpgsql as $$
begin
    if not exists (select from entry where journal_id = new.journal_id) then
        raise exception 'journal % (% %) has no entries', new.journal_id, new.source_kind, new.source_key
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger journal_has_entries after insert on journal
deferrable initially deferred for each row execute function journal_has_entries();

-- I3: history is never changed. Holds for everybody, owner included.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;
do $$
declare
    t text;
begin
    foreach t in array array['journal', 'entry', 'decision', 'decision_line', 'reading', 'fingerprint', 'set_aside']
    loop
        execute format(
            'create trigger append_only before update or delete or truncate on %I for each statement '
            'execute function refuse_change()', t);
    end loop;
end $$;
