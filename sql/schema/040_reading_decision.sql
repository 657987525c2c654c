-- What the readers saw and what was decided. Rows are only added: a correction is a new decision row.

create table reading (
    reading_id bigint generated always as identity primary key,
    item_id bigint not null references item,
    readers text not null, -- version of the readers and their models
    kind text not null,
    reading jsonb not null, -- ocr.reading as JSON, the payer's bank account reduced to its last four digits
    account_token text check (account_token ~ '^[0-9a-f]{32}$'), -- keyed token of routing and bank account
    duration_ms real not null,
    read_at timestamptz not null,
    unique (item_id, readers)
);

create table decision (
    decision_id bigint generated always as identity primary key,
    item_id bigint not null references item,
    version int not null check (version > 0),
    site_id text not null references site, -- that received the item
    -- the day whose books it counts in: that of the batch, or the site's first unclosed one when a person decided
    business_date date not null,
    effective_date date not null, -- that a payment is credited as of: receipt, or the date of a post-dated check
    kind text not null, -- check, coupon, letter, ...
    outcome text not null check (
        outcome in ('post', 'suspense', 'review', 'hold', 'reject', 'forward', 'file', 'support')
    ),
    hold_until date, -- a post-dated check waits in the vault until then
    suspense_kind text check (suspense_kind in ('unidentified', 'unapplied')),
    amount_cents bigint check (amount_cents > 0),
    misread_ppm int not null check (misread_ppm between 0 and 1000000), -- estimated chance of being wrong
    reasons text[] not null,
    ranked jsonb not null, -- candidates for account and amount, best first
    maker text not null, -- 'engine' or a person
    checker text,
    resolution_id bigint unique references resolution, -- of a person; null: the engine
    decided_at timestamptz not null,
    unique (item_id, version),
    check ((outcome = 'suspense') = (suspense_kind is not null)),
    check ((outcome = 'hold') = (hold_until is not null)),
    check ((maker = 'engine') = (resolution_id is null)),
    check (outcome not in ('post', 'suspense') or amount_cents is not null),
    check (outcome not in ('review', 'reject') or cardinality(reasons) > 0),
    check (checker is null or checker <> maker) -- maker is not checker
);

create index decision_day on decision (site_id, business_date);
create index decision_unidentified on decision (site_id, business_date) where suspense_kind = 'unidentified';
create index decision_waits on decision (site_id, business_date) where outcome in ('review', 'hold');

-- The latest decision on one item. The planner inlines it in a join with newest_decision(i.item_id) and looks up only
-- those items, where the view current_decision would read all.
create function newest_decision(item bigint) returns setof decision language sql stable as $$
    select d.* from decision as d where d.item_id = item order by d.version desc limit 1
$$;

-- The decision on one item that stood at the end of a business date.
create function decision_on(item bigint, day date) returns setof decision language sql stable as $$
    select d.* from decision as d
    where d.item_id = item and d.business_date <= day
    order by d.version desc limit 1
$$;

create table decision_line (
    decision_id bigint not null references decision,
    line_no int not null check (line_no > 0),
    contract_id bigint references contract, -- null: the part of a check of which no contract is known
    amount_cents bigint not null check (amount_cents > 0),
    excess text check (excess in ('advance', 'principal')), -- what the payer asked for, and is followed; null: nothing
    check (contract_id is not null or excess is null),
    primary key (decision_id, line_no)
);
create index decision_line_contract on decision_line (contract_id);
create index decision_line_unknown on decision_line (decision_id) where contract_id is null;

-- What was known of the contracts at a decision: with the reading and the dated rules, all that a decision rests on.
create table decision_basis (
    batch_id bigint not null references batch,
    first_item_id bigint not null references item, -- of the items decided together
    master_size bigint not null, -- number of all contracts
    contracts jsonb not null, -- those that the readings could lead to: number, name, flags, payers' tokens, amounts
    decided_at timestamptz not null,
    primary key (batch_id, first_item_id, decided_at)
);

-- A check that was seen. The occurrence counter lets two honest equal checks both exist and a third one be noticed.
create table fingerprint (
    fingerprint text not null check (fingerprint ~ '^[0-9a-f]{64}$'), -- of routing, account token, serial, amount
    occurrence int not null check (occurrence > 0),
    item_id bigint not null references item,
    primary key (fingerprint, occurrence),
    unique (item_id, fingerprint) -- a corrected amount claims its true one beside the one that was read
);

-- The lines of a decision add up to its amount; only money that is posted, or kept for a known contract, has lines.
create function decision_lines_add_up() returns trigger language plpgsql as $$
declare
    lines_cents bigint;
begin
    select coalesce(sum(amount_cents), 0) into lines_cents from decision_line where decision_id = new.decision_id;
    if lines_cents <> (
        case when new.outcome = 'post' or new.suspense_kind = 'unapplied' then new.amount_cents else 0 end
    ) then
        raise exception 'decision % of item %: lines add up to % cents, amount is %',
            new.decision_id, new.item_id, lines_cents, new.amount_cents using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger decision_lines_add_up after insert on decision
deferrable initially deferred for each row execute function decision_lines_add_up();
