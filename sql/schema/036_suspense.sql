-- The way out of suspense: what people propose for money that was deposited and is not known to be anybody's, or was
-- taken for the wrong one's. The decision that deposited it stays. Only the functions of sql/functions/033_suspense.sql
-- write here.

create table suspense_work (
    work_id bigint generated always as identity primary key,
    item_id bigint not null references item,
    site_id text not null references site, -- that received the item
    expected_version int not null check (expected_version > 0), -- of the decision that deposited it
    action text not null check (action in ('identify', 'move', 'refund')),
    contract_id bigint references contract, -- move: from which the money is taken
    amount_cents bigint not null check (amount_cents > 0), -- that is identified, moved, or refunded
    payee_name text, -- refund: who sent it, in a person's words
    payee_address text[] not null default '{}',
    note text not null default '',
    needs_second boolean not null, -- by the lender's rules on that day
    maker text not null check (maker not in ('', 'engine', 'night')),
    proposed_at timestamptz not null,
    check ((action = 'move') = (contract_id is not null)),
    check ((action = 'refund') = (payee_name is not null and payee_name <> '' and cardinality(payee_address) > 0))
);
create index suspense_work_item on suspense_work (item_id);

-- Where identified or moved money goes. Of money that is moved in part, a line has what stays with its contract: all
-- of it is taken back, and posted again.
create table suspense_line (
    work_id bigint not null references suspense_work,
    line_no int not null check (line_no > 0),
    contract_id bigint references contract, -- null: back to unidentified
    amount_cents bigint not null check (amount_cents > 0),
    excess text check (excess in ('advance', 'principal')),
    primary key (work_id, line_no),
    check (contract_id is not null or excess is null)
);

-- The steps, as those of a resolution; the last one is the state, and without any it is proposed.
create table suspense_step (
    work_id bigint not null references suspense_work,
    step int not null check (step > 0),
    state text not null check (state in ('confirmed', 'refused', 'undone', 'failed', 'final')),
    taken_by text not null check (taken_by <> ''), -- 'engine' makes it final, or says why that failed
    note text not null default '',
    taken_at timestamptz not null,
    business_date date, -- final: in whose books it counts
    primary key (work_id, step),
    check (note <> '' or state not in ('refused', 'failed')),
    check ((state = 'final') = (business_date is not null))
);
