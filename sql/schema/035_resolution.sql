-- What people do about items that did not go through by themselves. A resolution is not a decision yet: it is proposed,
-- confirmed or refused by a second person, or undone. When it is final, the decision, its lines and its journal are
-- written in one transaction. Only the functions of sql/functions/032_resolution.sql write here.

create table resolution (
    resolution_id bigint generated always as identity primary key,
    item_id bigint not null references item,
    expected_version int not null check (expected_version > 0), -- of the decision that the person saw
    kind text not null, -- of the document, as the person saw it
    outcome text not null check (outcome in ('post', 'suspense', 'hold', 'reject', 'forward', 'file')),
    suspense_kind text check (suspense_kind in ('unidentified', 'unapplied')),
    amount_cents bigint check (amount_cents > 0),
    lines jsonb not null, -- [{contract_id (null: not identified), amount_cents, excess}]
    hold_until date,
    reasons text[] not null, -- why it was returned or sent on; otherwise why it was an exception
    note text not null default '', -- in the person's own words
    same_as bigint references item, -- the check that it is once more; it is filed and not deposited again
    is_twin boolean not null default false, -- an honest check that looks like one seen before
    fingerprint text, -- of the check as the person reads it, claimed when it is deposited
    needs_second boolean not null, -- by the lender's rules on that day
    before_kind text not null, -- what the decision before it said
    before_cents bigint,
    maker text not null check (maker not in ('', 'engine')),
    proposed_at timestamptz not null,
    check ((outcome = 'suspense') = (suspense_kind is not null)),
    check ((outcome = 'hold') = (hold_until is not null)),
    check (outcome not in ('post', 'suspense') or amount_cents is not null),
    check (outcome not in ('reject', 'forward') or cardinality(reasons) > 0),
    check (same_as is null or (outcome = 'file' and same_as <> item_id)),
    check (not is_twin or outcome in ('post', 'suspense'))
);
create index resolution_item on resolution (item_id);

-- The steps of a resolution; the last one is its state, and without any it is proposed.
create table resolution_step (
    resolution_id bigint not null references resolution,
    step int not null check (step > 0),
    state text not null check (state in ('confirmed', 'refused', 'undone', 'failed', 'final')),
    taken_by text not null check (taken_by <> ''), -- 'engine' makes it final, or says why that failed
    note text not null default '',
    taken_at timestamptz not null,
    primary key (resolution_id, step),
    check (note <> '' or state not in ('refused', 'failed'))
);

-- Amount and account numbers as a person keyed them without seeing another's: once for each decision they saw.
create table keying (
    item_id bigint not null references item,
    expected_version int not null check (expected_version > 0),
    keyed_by text not null check (keyed_by not in ('', 'engine')),
    amount_cents bigint not null check (amount_cents > 0),
    account_numbers text[] not null, -- sorted; none: no contract is known
    keyed_at timestamptz not null
);
create unique index keying_once on keying (item_id, expected_version, lower(keyed_by));

-- Who works an item now. A lease runs out, and may be taken over then.
create table item_lease (
    item_id bigint primary key references item,
    person text not null check (person not in ('', 'engine')),
    taken_at timestamptz not null,
    expires_at timestamptz not null,
    check (expires_at >= taken_at)
);

-- Contracts of a person or of the person's household: the person decides nothing about them.
create table own_contract (
    person text not null check (person <> ''),
    contract_id bigint not null references contract,
    reason text not null check (reason <> ''),
    noted_by text not null check (noted_by <> ''),
    noted_at timestamptz not null,
    primary key (person, contract_id)
);
