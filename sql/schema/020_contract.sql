-- The contract master: customers, contracts and their terms.

create table customer (
    customer_id bigint generated always as identity primary key,
    lender_id text not null references lender,
    customer_no text not null,
    name text not null,
    address text not null, -- lines joined by newline
    unique (lender_id, customer_no)
);

create table contract (
    contract_id bigint generated always as identity primary key,
    lender_id text not null references lender,
    account_number text not null check (account_number ~ '^[0-9]{6,14}$'), -- what customers write
    customer_id bigint not null references customer,
    product text not null check (product in ('loan', 'lease')),
    state text not null check (state ~ '^[A-Z]{2}$'),
    opened_on date not null,
    original_cents bigint not null check (original_cents > 0), -- amount financed; of a lease the capitalized cost
    unique (lender_id, account_number)
);
create index contract_customer on contract (customer_id);

-- Flags that stop automatic posting from a day on, until a day (not included): bankruptcy, SCRA, charge-off ...
create table contract_flag (
    contract_id bigint not null references contract,
    flag text not null check (
        flag in (
            'bankruptcy', 'deceased', 'charged_off', 'litigation', 'repossessed', 'scra', 'accelerated', 'closed'
        )
    ),
    valid_from date not null,
    valid_to date,
    primary key (contract_id, flag, valid_from),
    check (valid_to is null or valid_to > valid_from)
);

-- In which order a payment pays claims: cells of the lowest rank first, within a rank by due date. Never changed:
-- another order has another name. A payment never pays a cell without a rank.
create table allocation_order (
    order_id text primary key,
    lender_id text not null references lender,
    has_current boolean not null default false, -- other ranks hold where no installment is due
    most_ahead smallint check (most_ahead >= 0), -- installments paid ahead, then principal only; null: all
    principal_only boolean not null default true -- whether a customer may ask for principal only
);
create table allocation_cell (
    order_id text not null references allocation_order,
    timing text not null check (timing in ('past_due', 'due', 'advance')),
    bucket text not null check (bucket in ('fee', 'interest', 'principal', 'rent', 'tax')),
    rank smallint not null check (rank > 0),
    is_current boolean not null default false, -- holds where no installment is due
    primary key (order_id, is_current, timing, bucket)
);

-- What a contract says, version by version: each is in force from its first day until the next one's; of two of one day
-- the higher number. It decides the installments from `from_no` on, the first one not due before its first day.
create table contract_terms (
    contract_id bigint not null references contract,
    version int not null check (version > 0),
    valid_from date not null,
    rate_ppm int not null check (rate_ppm between 0 and 1000000), -- a year; 0 for a lease
    day_count text not null check (day_count in ('actual_365', 'actual_actual')),
    method text not null check (method in ('daily', 'scheduled')),
    order_id text not null references allocation_order,
    excess text not null check (excess in ('advance', 'principal')), -- what money beyond the due installment does
    from_no int not null default 1 check (from_no > 0), -- kept by decide_from (077_terms.sql)
    noted_at timestamptz, -- when it became known; null: with the contract
    primary key (contract_id, version)
);
create index contract_terms_start on contract_terms (valid_from) where version > 1;

-- The schedule of a version: runs of equal monthly installments. A lease's amount is its rent, without the tax.
create table schedule_run (
    contract_id bigint not null,
    version int not null,
    first_no int not null check (first_no > 0),
    first_due_on date not null,
    due_day smallint not null check (due_day between 1 and 31), -- 29 to 31: the last day of shorter months
    count int not null check (count > 0),
    amount_cents bigint not null check (amount_cents > 0),
    tax_cents bigint not null check (tax_cents >= 0),
    primary key (contract_id, version, first_no),
    foreign key (contract_id, version) references contract_terms
);

-- What a lease says about its end. Amounts are cents, the tax is parts per million of the charges at the end.
create table lease_terms (
    contract_id bigint not null,
    version int not null,
    term_months int not null check (term_months > 0), -- as signed, without extensions
    residual_cents bigint not null check (residual_cents >= 0),
    disposition_fee_cents bigint not null check (disposition_fee_cents >= 0),
    purchase_fee_cents bigint not null check (purchase_fee_cents >= 0),
    allowed_miles int not null check (allowed_miles >= 0),
    excess_mile_cents int not null check (excess_mile_cents >= 0),
    tax_ppm int not null check (tax_ppm between 0 and 1000000),
    primary key (contract_id, version),
    foreign key (contract_id, version) references contract_terms
);

-- Late fees by state, dated by the due dates they apply to; '*' is every state without a row of its own.
create table late_fee_rule (
    lender_id text not null references lender,
    state text not null check (state ~ '^([A-Z]{2}|\*)$'),
    valid_from date not null,
    grace_days int not null check (grace_days >= 0), -- a payment this many days after the due date is still on time
    choice text not null check (choice in ('percent', 'fixed', 'lesser', 'greater')),
    percent_ppm int not null default 0 check (percent_ppm between 0 and 1000000),
    fixed_cents bigint not null default 0 check (fixed_cents >= 0),
    base text not null default 'installment' check (base in ('installment', 'unpaid', 'arrears')),
    own_window boolean not null default false, -- the money of the installment's own window counts for it
    source text not null,
    primary key (lender_id, state, valid_from)
);

-- By state: the highest fee for a returned check, and how soon a lien must be released after a payoff.
create table return_fee_rule (
    lender_id text not null references lender,
    state text not null check (state ~ '^([A-Z]{2}|\*)$'),
    valid_from date not null,
    fee_cents bigint not null check (fee_cents >= 0),
    source text not null,
    primary key (lender_id, state, valid_from)
);
create table lien_release_rule (
    lender_id text not null references lender,
    state text not null check (state ~ '^([A-Z]{2}|\*)$'),
    valid_from date not null,
    days int not null check (days > 0),
    source text not null,
    primary key (lender_id, state, valid_from)
);

-- By state: after how many months without a claim money of a customer is presumed abandoned and goes to the state; from
-- which amount on its owner gets a letter before, and how many days before.
create table unclaimed_rule (
    lender_id text not null references lender,
    state text not null check (state ~ '^([A-Z]{2}|\*)$'),
    valid_from date not null,
    dormancy_months int not null check (dormancy_months > 0),
    letter_from_cents bigint not null check (letter_from_cents >= 0),
    letter_days int not null check (letter_days > 0),
    source text not null,
    primary key (lender_id, state, valid_from)
);

-- What a flag stops: late_fee, interest, application (the night does not apply unapplied money).
create table flag_rule (
    lender_id text not null references lender,
    flag text not null,
    stops text[] not null check (stops <@ array['late_fee', 'interest', 'application', 'return_fee']),
    source text not null default '',
    primary key (lender_id, flag)
);

-- Bank accounts that paid a contract before. The account number itself is not stored (Nacha data security): only a
-- keyed token of routing and account number.
create table payer (
    account_token text not null check (account_token ~ '^[0-9a-f]{32}$'),
    contract_id bigint not null references contract,
    first_seen_on date not null,
    primary key (account_token, contract_id)
);
create index payer_contract on payer (contract_id);
