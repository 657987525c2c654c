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

-- The letter to the owner of a refund that was not cashed, or of money that was not claimed, before it goes to the
-- state; once for each. And its piece in a print run.
create table owner_letter (
    letter_id bigint generated always as identity primary key,
    contract_id bigint not null references contract,
    refund_no bigint references refund, -- null: payable, and no refund was issued
    since_on date not null, -- issued, or payable
    amount_cents bigint not null check (amount_cents > 0),
    method text, -- of the refund
    payee_name text not null,
    payee_address text[] not null,
    goes_on date not null, -- to the state
    made_on date not null check (made_on < goes_on),
    made_at timestamptz not null,
    unique nulls not distinct (contract_id, refund_no, since_on)
);
create table letter_piece (
    letter_id bigint primary key references owner_letter, -- printed once
    print_run_id bigint not null references print_run,
    piece_no int not null check (piece_no > 0),
    tracking text unique check (tracking ~ '^[0-9]{20}$'), -- none while the lender has no mailer id
    routing text check (routing ~ '^[0-9]{5}([0-9]{4})?$'), -- none where the address ends in no ZIP code
    unique (print_run_id, piece_no)
);

do $$ begin
    create trigger append_only before update or delete or truncate on owner_letter for each statement
    execute function refuse_change();
    create trigger append_only before update or delete or truncate on letter_piece for each statement
    execute function refuse_change();
    create trigger append_only before update or delete or truncate on refund for each statement
    execute function refuse_change();
    create trigger append_only before update or delete or truncate on refund_state for each statement
    execute function refuse_change();
end $$;

-- Functions write all but the pieces.
grant select on refund, refund_state, owner_letter, letter_piece to lockbox_app;
grant insert on letter_piece to lockbox_app;
