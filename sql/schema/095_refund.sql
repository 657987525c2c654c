-- Refunds: what is paid back to customers out of payable.refund, each with its number and its states.

-- A refund by its number: whose it is, to whom it goes and how. A number is never used twice; what is issued again gets
-- a number of its own, which names the one before.
create table refund (
    refund_no bigint generated always as identity primary key,
    contract_id bigint not null references contract,
    replaces bigint unique references refund, -- was stopped or came back, and is issued again under this number
    payee_kind text not null check (payee_kind in ('customer', 'co_buyer', 'insurer', 'estate', 'trustee')),
    payee_name text not null check (payee_name <> ''),
    payee_address text[] not null,
    payee_reason text not null default '', -- why somebody else than the customer of record is entitled
    method text not null check (method in ('check', 'ach')),
    made_by text not null check (made_by <> ''), -- 'night' or a person
    made_at timestamptz not null,
    check (payee_kind = 'customer' or payee_reason <> '')
);
create index refund_contract on refund (contract_id);

-- The steps of a refund; the last one is its state. An amount is proposed by its maker and approved by its checker, who
-- is somebody else (I15); a step after that repeats both. What follows what: sql/functions/130_refunds.sql.
create table refund_state (
    refund_no bigint not null references refund,
    step int not null check (step > 0),
    state text not null check (
        state in ('proposed', 'approved', 'withdrawn', 'issued', 'cleared', 'stopped', 'returned', 'reissued')
    ),
    amount_cents bigint not null,
    maker text not null check (maker <> ''), -- of this amount
    checker text,
    taken_by text not null check (taken_by <> ''),
    reason text not null default '',
    taken_on date not null, -- business date
    taken_at timestamptz not null,
    journal_id bigint unique references journal,
    primary key (refund_no, step),
    check (lower(checker) <> lower(maker)),
    check ((checker is null) = (state in ('proposed', 'withdrawn'))),
    check (amount_cents > 0),
    check ((journal_id is null) = (state in ('proposed', 'approved', 'withdrawn', 'reissued'))),
    check (reason <> '' or state not in ('withdrawn', 'stopped', 'returned'))
);

do $$ begin
    create trigger append_only before update or delete or truncate on refund for each statement
    execute function refuse_change();
    create trigger append_only before update or delete or truncate on refund_state for each statement
    execute function refuse_change();
end $$;

-- Functions write both.
grant select on refund, refund_state to lockbox_app;
