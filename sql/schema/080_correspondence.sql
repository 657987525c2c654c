-- How customers are reached, what they agreed to, and what was sent to them: statements on paper or electronic, notices
-- by email or text.

-- An electronic address. The newest row of a customer and channel is in use.
create table contact (
    contact_id bigint generated always as identity primary key,
    customer_id bigint not null references customer,
    channel text not null check (channel in ('email', 'text')),
    address text not null check (address <> ''),
    valid_from timestamptz not null,
    unique (customer_id, channel, valid_from)
);

-- An address that did not take what was sent to it; it is no longer used.
create table contact_problem (
    contact_id bigint not null references contact,
    at timestamptz not null,
    reason text not null,
    primary key (contact_id, at)
);

-- What a customer agreed to, or no longer agrees to; the newest row is in force. 15 USC 7001(c): the statement that was
-- shown (its version), when, and how it was shown so that it proved that the customer could read it.
create table consent (
    customer_id bigint not null references customer,
    kind text not null check (kind in ('electronic_statements', 'text_messages')),
    at timestamptz not null,
    given boolean not null,
    version text not null,
    shown text not null, -- "web form, link in a confirmation email followed"
    primary key (customer_id, kind, at),
    check (version <> '' and shown <> '')
);

-- By which channel a customer wants a kind of notice; the newest row is in force, without one the lender's rule.
create table notice_wish (
    customer_id bigint not null references customer,
    kind text not null,
    at timestamptz not null,
    channel text not null check (channel in ('email', 'text', 'none')),
    primary key (customer_id, kind, at)
);

-- A statement that was made. What it said is derived from the ledger again: from the journals that `seen` shows, and
-- is proven by the digest of its content.
create table statement (
    statement_id bigint generated always as identity primary key,
    contract_id bigint not null references contract,
    due_on date not null, -- of the installment it bills: one statement for each
    made_on date not null,
    period_from date not null,
    previous_id bigint references statement,
    seen pg_snapshot not null, -- whose transactions' journals are in it
    sealed_through bigint not null, -- the last journal sealed then: the next statement looks after it
    as_of timestamptz not null,
    amount_due_cents bigint not null check (amount_due_cents >= 0),
    balances jsonb not null, -- cents by bucket at its end: where the next one begins
    -- what history does not keep: name and address as printed, version of terms, late fee named, digest of its wording
    kept jsonb not null,
    content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
    delivery text not null check (delivery in ('electronic', 'paper')),
    unique (contract_id, due_on)
);
create index statement_made on statement (made_on);

-- Why a statement that went out electronically has to follow on paper: its notice bounced.
create table statement_fallback (
    statement_id bigint primary key references statement,
    at timestamptz not null,
    reason text not null
);

-- A batch for the mail house, and its pieces.
create table print_run (
    print_run_id bigint generated always as identity primary key,
    kind text not null default 'statements' check (kind in ('statements', 'letters', 'rejections')),
    made_on date not null,
    run_no int not null check (run_no > 0),
    pieces int not null check (pieces > 0),
    pages int not null check (pages >= pieces),
    pdf_sha256 text not null check (pdf_sha256 ~ '^[0-9a-f]{64}$'),
    made_at timestamptz not null,
    unique (made_on, run_no)
);
create table print_piece (
    statement_id bigint primary key references statement, -- printed once
    print_run_id bigint not null references print_run,
    piece_no int not null check (piece_no > 0),
    tracking text unique check (tracking ~ '^[0-9]{20}$'), -- none while the lender has no mailer id
    routing text check (routing ~ '^[0-9]{5}([0-9]{4})?$'), -- none where the address ends in no ZIP code
    unique (print_run_id, piece_no)
);

-- One notice to a customer, once. Its text is made from `facts`.
create table notice (
    notice_id bigint generated always as identity primary key,
    contract_id bigint not null references contract,
    kind text not null check (
        kind in (
            'due_soon', 'payment_posted', 'payment_returned', 'late', 'statement_ready', 'lease_ends', 'quote_expired',
            'paid_off', 'refund_issued'
        )
    ),
    occasion text not null,
    facts jsonb not null,
    planned_at timestamptz not null,
    send_until timestamptz not null, -- after that it would be stale
    unique (contract_id, kind, occasion)
);

-- Each try to send a notice is recorded before it is made, and its outcome after it: a try without an outcome was cut
-- off by a crash.
create table notice_try (
    notice_id bigint not null references notice,
    try_no int not null check (try_no > 0),
    channel text not null check (channel in ('email', 'text', 'none')),
    contact_id bigint references contact,
    begun_at timestamptz not null,
    primary key (notice_id, try_no),
    check ((channel = 'none') = (contact_id is null))
);
create table notice_outcome (
    notice_id bigint not null,
    try_no int not null,
    outcome text not null check (
        outcome in ('sent', 'deferred', 'refused', 'uncertain', 'unreachable', 'unwanted', 'expired', 'bounced')
    ),
    detail text not null default '',
    at timestamptz not null,
    primary key (notice_id, try_no, outcome), -- a sent notice may bounce later
    foreign key (notice_id, try_no) references notice_try
);

do $$
declare
    t text;
begin
    foreach t in array array[
        'contact_problem', 'consent', 'notice_wish', 'statement', 'statement_fallback', 'print_run', 'print_piece',
        'notice', 'notice_try', 'notice_outcome'
    ]
    loop
        execute format(
            'create trigger append_only before update or delete or truncate on %I for each statement '
            'execute function refuse_change()', t);
    end loop;
end $$;
grant select, insert on contact, contact_problem, consent, notice_wish, statement, statement_fallback, print_run,
print_piece, notice, notice_try, notice_outcome to lockbox_app;
grant usage on all sequences in schema public to lockbox_app;
