-- The double-entry ledger: integer cents, debit positive, credit negative, append-only.
-- Only the functions of sql/functions insert here (070_grants.sql). The triggers of sql/functions/005_ledger_guards.sql
-- check what journals, entries and credits must obey as sets.

create table ledger_account (
    account text primary key check (account ~ '^[a-z][a-z0-9_.]*$'),
    kind text not null check (kind in ('asset', 'liability', 'income', 'expense', 'equity')),
    name text not null
);

-- A trigger checks its site and item once per statement; a foreign key checks what it reverses, which is rare.
create table journal (
    journal_id bigint generated always as identity primary key,
    source_kind text not null check (
        source_kind in (
            'opening', 'item', 'deposit', 'reversal', -- the mail line
            'identification', 'sender_refund', -- the ways out of unidentified money
            'billing', 'application', 'late_fee', 'accrual', -- the night
            'adjustment', 'fee', 'waiver', 'interest_waiver', 'refund', 'payoff', 'lease_end', -- servicing
            'charge_off', 'recovery', 'refund_paid', 'refund_cleared', 'refund_stopped'
        )
    ),
    source_key text not null, -- natural key of what caused it: one journal per source (I4)
    site_id text,
    item_id bigint, -- the check, also where its unapplied money is applied or refunded later
    business_date date not null,
    effective_date date not null,
    posted_at timestamptz not null,
    maker text not null,
    reverses bigint references journal,
    reason text not null default '', -- why a person reversed it; 'returned': its bank returned the check
    written_by xid8 not null default pg_current_xact_id(), -- entries join only in the transaction that made it
    unique (source_kind, source_key),
    check ((source_kind = 'reversal') = (reverses is not null)),
    check (reason = '' or source_kind = 'reversal'),
    check (source_kind <> 'item' or item_id is not null),
    check (
        item_id is null
        or source_kind in (
            'item', 'identification', 'sender_refund', 'application', 'refund', 'adjustment', 'recovery'
        )
    )
);
create unique index journal_reverses on journal (reverses) where reverses is not null; -- at most once (I3)
create index journal_item on journal (item_id) where item_id is not null;
create index journal_day on journal (business_date, site_id);

-- A trigger checks its foreign keys (journal, account, contract) once per statement: a million rows a night.
create table entry (
    journal_id bigint not null,
    line_no int not null check (line_no > 0),
    account text not null,
    amount_cents bigint not null check (amount_cents <> 0), -- I1: no zero line
    contract_id bigint,
    primary key (journal_id, line_no),
    check (contract_id is not null or account not in (
        'receivable.principal', 'receivable.interest', 'receivable.fee', 'receivable.rent', 'receivable.tax',
        'suspense.unapplied', 'payable.refund'
    ))
);
-- A night's interest is one journal of a million lines, a payment one of three: the planner must not take the mean.
alter table entry alter column journal_id set (n_distinct = -0.2);
create index entry_contract on entry (contract_id, journal_id) where contract_id is not null;
create index entry_suspense on entry (account, contract_id, journal_id) include (amount_cents)
where account in ('suspense.unapplied', 'suspense.unidentified', 'payable.refund', 'payable.refund_outstanding');

-- Billed installments: made some days before they are due, or early when money came for them. Terms that come into
-- force before they are due give them other dates and amounts. An installment of a loan has no ledger value (the
-- principal is owed as a whole); rent and tax of a lease are owed from here on.
create table installment (
    contract_id bigint not null references contract,
    installment_no int not null check (installment_no >= 0), -- 0: rent and tax owed at the end of a lease
    due_on date not null,
    amount_cents bigint not null check (amount_cents >= 0), -- with its tax; 0: later terms did away with it
    tax_cents bigint not null check (tax_cents between 0 and amount_cents),
    is_last boolean not null, -- a loan's last installment claims all that is left, whatever was billed
    billed_on date, -- null: a rent that was billed before terms came that put it off; a night bills it again
    credited_cents bigint not null default 0 check (credited_cents >= 0), -- kept by trigger
    primary key (contract_id, installment_no),
    check (credited_cents <= amount_cents or is_last)
);
create index installment_open on installment (contract_id) where credited_cents < amount_cents or is_last;
create index installment_due on installment (due_on);

-- The part of a payment that counts toward an installment. A reversal writes it again with the opposite sign.
create table installment_credit (
    journal_id bigint not null,
    contract_id bigint not null,
    installment_no int not null,
    amount_cents bigint not null check (amount_cents <> 0),
    credited_on date not null, -- the effective date of the payment, in its reversal too
    primary key (contract_id, installment_no, journal_id)
);

-- The position of a contract: updated with every journal, derived again from the entries by a check.
create table position (
    contract_id bigint primary key references contract,
    terms_version int not null, -- in force on the day under way
    principal_cents bigint not null default 0 check (principal_cents >= 0), -- I8: none paid beyond what was owed
    interest_cents bigint not null default 0 check (interest_cents >= 0), -- accrued, not paid
    fee_cents bigint not null default 0 check (fee_cents >= 0),
    rent_cents bigint not null default 0 check (rent_cents >= 0),
    tax_cents bigint not null default 0 check (tax_cents >= 0),
    unapplied_cents bigint not null default 0 check (unapplied_cents >= 0),
    refund_cents bigint not null default 0 check (refund_cents >= 0), -- payable to the customer
    fee_ahead_cents bigint not null default 0, -- money that fees took while an installment stayed short (16 CFR 444.4)
    carry bigint not null default 0, -- accrued numerator not yet a cent, see lockbox.contract.interest
    base_cents bigint not null default 0, -- scheduled method: the principal on which interest accrues
    period_cents bigint not null default 0, -- scheduled method: interest since the last due date
    accrued_through date not null, -- the last day whose night was accrued
    next_no int, -- the first installment not billed, and when it is due; null: all are
    next_due_on date,
    ended_on date, -- a lease that was turned in or bought
    metro2 text not null default '11'
) with (fillfactor = 60); -- room for the night's new version of every row on its own page
create index position_refund on position (contract_id) where refund_cents > 0;

-- Contracts about which something unusual was written or decided, until a night or the weekly audit has replayed them.
create table replay_waiting (
    contract_id bigint primary key references contract,
    since date not null
);

-- Late fees assessed at the end of an installment's last on-time day: the next night charges them.
create table late_fee_assessed (
    contract_id bigint not null,
    installment_no int not null,
    on_time_until date not null,
    fee_cents bigint not null check (fee_cents > 0),
    primary key (on_time_until, contract_id, installment_no)
);

-- The position of a contract when it was taken over, as far as its opening journal and installments do not have it: a
-- replay of its history starts from here.
create table opening (
    contract_id bigint primary key references contract,
    opened_on date not null, -- at the end of this day
    carry bigint not null,
    base_cents bigint not null,
    period_cents bigint not null,
    fee_ahead_cents bigint not null,
    paid_through int not null,
    billed_through int not null
);
create index opening_day on opening (opened_on);

-- An installment has at most one late fee in force (I12).
create table late_fee (
    contract_id bigint not null,
    installment_no int not null,
    charged_on date not null,
    amount_cents bigint not null check (amount_cents > 0),
    journal_id bigint not null references journal,
    reversed_by bigint references journal, -- one adjustment may take several back
    foreign key (contract_id, installment_no) references installment
);
create unique index late_fee_stands on late_fee (contract_id, installment_no) where reversed_by is null;

-- Each change of a contract's Metro 2 account status, with the days and cents past due then.
create table delinquency_status (
    contract_id bigint not null references contract,
    status_on date not null,
    metro2 text not null check (metro2 in ('11', '13', '63', '64', '71', '78', '80', '82', '83', '84', '96', '97')),
    days_past_due int not null,
    past_due_cents bigint not null,
    primary key (contract_id, status_on)
);

-- What a person decided about a contract: the end or extension of a lease, a charge-off, a waiver, a flag. The same
-- action is recorded once; its journals are named after it ("buyout/12").
create table contract_event (
    event_id bigint generated always as identity primary key,
    contract_id bigint not null references contract,
    kind text not null check (
        kind in (
            'extension', 'buyout', 'turn_in', 'charge_off', 'recovery', 'waiver', 'flag_set', 'flag_cleared',
            'lien_released', 'buyout_undone', 'rate_change', 'due_date_change', 'deferral', 'scra', 'scra_end',
            'charge_off_undone', 'interest_waiver', 'return_fee_stopped'
        )
    ),
    effective_on date not null,
    facts jsonb not null, -- what the person gave: months, odometer_miles, wear_cents, amount_cents, flag, until ...
    reason text not null check (reason <> ''),
    maker text not null,
    noted_at timestamptz not null,
    unique (contract_id, kind, effective_on, facts, reason)
);

-- The chain over the whole ledger (I14): each seal has the digest of the journals and entries of one night and of the
-- seal before it. What is not sealed yet belongs to the day under way.
create table seal (
    seal_no bigint primary key,
    business_date date not null unique,
    after_journal_id bigint not null, -- it covers the journals after this one ...
    to_journal_id bigint not null, -- ... through this one
    journals bigint not null,
    entries bigint not null,
    digest bytea not null,
    chain bytea not null -- sha256 of the chain before and this digest
);
-- Balances of all accounts at the end of a sealed night, so that a trial balance need not read history.
create table seal_balance (
    seal_no bigint not null references seal,
    account text not null references ledger_account,
    balance_cents bigint not null,
    primary key (seal_no, account)
);

-- The nights that were finished, with their figures.
create table night (
    business_date date primary key,
    summary jsonb not null,
    finished_at timestamptz not null
);

-- I3: history is never changed, by nobody, not even the owner.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is append-only: % refused', tg_table_name, tg_op using errcode = 'insufficient_privilege';
end $$;
do $$
declare
    t text;
begin
    foreach t in array array[
        'journal', 'entry', 'opening', 'installment_credit', 'contract_event', 'delinquency_status', 'seal', 'seal_balance', 'allocation_order',
        'allocation_cell', 'decision', 'decision_line', 'reading', 'fingerprint', 'set_aside', 'resolution',
        'resolution_step', 'keying', 'own_contract', 'suspense_work', 'suspense_line', 'suspense_step'
    ]
    loop
        execute format(
            'create trigger append_only before update or delete or truncate on %I for each statement '
            'execute function refuse_change()', t);
    end loop;
end $$;
