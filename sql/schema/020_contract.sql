-- The contract master: whom we may be paid by, for what, and what is owed.

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
    installment_cents bigint not null check (installment_cents > 0),
    due_day smallint not null check (due_day between 1 and 31),
    opened_on date not null,
    unique (lender_id, account_number)
);
create index contract_customer on contract (customer_id);

-- What stops an automatic posting, from a day on, until a day: bankruptcy, SCRA, charge-off ...
create table contract_flag (
    contract_id bigint not null references contract,
    flag text not null check (
        flag in ('bankruptcy', 'deceased', 'charged_off', 'litigation', 'repossessed', 'scra', 'closed')
    ),
    valid_from date not null,
    valid_to date,
    primary key (contract_id, flag, valid_from),
    check (valid_to is null or valid_to > valid_from)
);

-- One thing owed on a contract. What is still open on it is the sum of its ledger entries, never a column.
create table charge (
    charge_id bigint generated always as identity primary key,
    contract_id bigint not null references contract,
    charge_no int not null,
    kind text not null check (kind in ('installment', 'tax', 'fee', 'principal')),
    due_on date not null,
    amount_cents bigint not null check (amount_cents > 0),
    unique (contract_id, charge_no)
);

-- Bank accounts that paid a contract before. The account itself is unreadable at rest (Nacha data security):
-- only a keyed token of routing and account number is kept.
create table payer (
    account_token text not null check (account_token ~ '^[0-9a-f]{32}$'),
    contract_id bigint not null references contract,
    first_seen_on date not null,
    primary key (account_token, contract_id)
);
create index payer_contract on payer (contract_id);
