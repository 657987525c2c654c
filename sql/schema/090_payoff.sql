-- What pays a contract off: quotes given, tenders received, liens to be released.

-- A payoff quote as it was given: the letter is made from this row, now and later.
create table payoff_quote (
    quote_id bigint generated always as identity primary key,
    contract_id bigint not null references contract,
    quoted_on date not null,
    good_through date not null, -- a check received on that day still pays the contract off
    amount_cents bigint not null check (amount_cents > 0),
    per_diem_cents bigint not null check (per_diem_cents >= 0),
    content jsonb not null, -- {name, address, lines: [{label, amount_cents}], release}: as printed
    made_by text not null,
    made_at timestamptz not null,
    ending text check (ending in ('expired', 'paid', 'withdrawn')), -- withdrawn: its terms changed since
    ended_on date,
    check (good_through >= quoted_on),
    check ((ending is null) = (ended_on is null))
);
create index payoff_quote_good on payoff_quote (good_through);
create unique index payoff_quote_given on payoff_quote (contract_id, quoted_on, good_through, amount_cents)
where ending is distinct from 'withdrawn';

-- A payment that ends its contract, or was meant to: it came by the payoff mail line, matches a quote in force,
-- or left a loan owing nothing, or no more than is waived.
create table payoff_tender (
    journal_id bigint not null references journal, -- the payment
    contract_id bigint not null references contract,
    quote_id bigint references payoff_quote,
    tendered_on date not null, -- its effective date
    amount_cents bigint not null,
    result text not null check (result in ('paid', 'short_accepted', 'short')),
    short_cents bigint not null check (short_cents >= 0), -- what it left owed; accepted: waived by the lender
    over_cents bigint not null check (over_cents >= 0), -- to be refunded
    noted_on date not null, -- the night that noticed it
    primary key (journal_id, contract_id)
);
create index payoff_tender_contract on payoff_tender (contract_id);
create index payoff_tender_noted on payoff_tender (noted_on) where result = 'short_accepted';

-- The lien on a vehicle that was paid for, and by when the state wants it released.
create table lien_release (
    contract_id bigint not null references contract,
    paid_on date not null, -- receipt of the final payment
    due_on date not null,
    source text not null, -- the rule of the state
    noted_on date not null, -- the night that noticed the payoff
    released_on date,
    withdrawn_on date, -- the final payment came back, or changed terms left something owed
    primary key (contract_id, paid_on)
);
create unique index lien_release_stands on lien_release (contract_id) where withdrawn_on is null;
create index lien_release_open on lien_release (due_on) where released_on is null and withdrawn_on is null;

-- The command line gives quotes; functions write everything else.
grant select, insert on payoff_quote to lockbox_app;
grant select on payoff_tender, lien_release to lockbox_app;
