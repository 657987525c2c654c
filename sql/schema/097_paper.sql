-- The paper behind the decisions: what is counted in the vault, and what people pull from the trays.
-- Only the functions of sql/functions/033_paper.sql write here.

-- A count of the post-dated checks in a site's vault, by two people, held against the books.
create table vault_count (
    vault_count_id bigint generated always as identity primary key,
    site_id text not null references site,
    checks int not null check (checks >= 0),
    booked_checks int not null check (booked_checks >= 0),
    counted_by text not null check (counted_by not in ('', 'engine')),
    seconded_by text not null check (seconded_by not in ('', 'engine')),
    counted_at timestamptz not null,
    check (lower(counted_by) <> lower(seconded_by))
);

-- What a site's people do with a paper: send it back, send it on, or scan it again.
create table pull_entry (
    entry_no bigint generated always as identity primary key,
    item_id bigint not null references item,
    action text not null check (action in ('return', 'forward', 'rescan')),
    decision_id bigint unique references decision, -- that returns it or sends it on; null: it is scanned again
    reasons text[] not null,
    note text not null default '',
    asked_by text not null check (asked_by not in ('', 'engine')),
    asked_at timestamptz not null,
    check ((action = 'rescan') = (decision_id is null))
);
create index pull_entry_item on pull_entry (item_id);

-- To whom a paper goes: as read from it, or as a person gave it. The newest counts; each gets a letter of its own.
create table pull_recipient (
    recipient_id bigint generated always as identity primary key,
    entry_no bigint not null references pull_entry,
    name text not null check (name <> ''),
    address text[] not null check (cardinality(address) > 0),
    given_by text not null check (given_by <> ''), -- 'engine': as read
    given_at timestamptz not null
);
create index pull_recipient_entry on pull_recipient (entry_no);

-- The steps of an entry; the last one is its state, and without any it is open. Two persons confirm that it is done.
create table pull_step (
    entry_no bigint not null references pull_entry,
    step int not null check (step > 0),
    state text not null check (state in ('signed', 'confirmed', 'missing', 'withdrawn')),
    taken_by text not null check (taken_by <> ''),
    note text not null default '',
    taken_at timestamptz not null,
    primary key (entry_no, step),
    check (note <> '' or state <> 'missing')
);

-- Who took up again what was returned, sent on, or filed, while its paper was still here; the decision says: review.
create table reopening (
    decision_id bigint primary key references decision,
    person text not null check (person not in ('', 'engine')),
    note text not null default ''
);

-- The piece of a letter to a sender in a print run.
create table rejection_piece (
    recipient_id bigint primary key references pull_recipient, -- printed once
    print_run_id bigint not null references print_run,
    piece_no int not null check (piece_no > 0),
    tracking text unique check (tracking ~ '^[0-9]{20}$'), -- none while the lender has no mailer id
    routing text check (routing ~ '^[0-9]{5}([0-9]{4})?$'), -- none where the address ends in no ZIP code
    unique (print_run_id, piece_no)
);

insert into ops_event_kind values
('paper_missing', true, 'the paper is found, or its item is decided anew'),
('vault_due', true, 'the check is posted, returned, or filed'),
('vault_differs', true, 'a count agrees with the books');

insert into alert_kind (kind, topic, is_plain, title, next_step) values
(
    'paper_missing', 'people', true, 'A paper on the pull list cannot be found',
    'Search the trays beside it. Once it is there, two people confirm it with `pull-list confirm`.'
),
(
    'vault_due', 'people', true, 'Postdated checks came due and were not worked',
    'Run `vault list`. Post each one with `vault release`, or send it back with `vault return`.'
),
(
    'vault_differs', 'people', true, 'The vault does not hold what the books say',
    'Compare `vault list` with the checks in the vault. Count again with `vault count` once they agree.'
);

do $$
declare
    t text;
begin
    foreach t in array array[
        'vault_count', 'pull_entry', 'pull_recipient', 'pull_step', 'reopening', 'rejection_piece'
    ]
    loop
        execute format(
            'create trigger append_only before update or delete or truncate on %I for each statement '
            'execute function refuse_change()', t);
    end loop;
end $$;
grant select on vault_count, pull_entry, pull_recipient, pull_step, reopening, rejection_piece to lockbox_app;
grant insert on rejection_piece to lockbox_app;
