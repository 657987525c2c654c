-- What is missing, or too much, against what a site declared: each difference by name, and who accepted it.

create table difference (
    difference_id bigint generated always as identity primary key,
    site_id text not null references site,
    business_date date not null,
    batch_no text not null, -- '': of the whole day
    kind text not null check (
        kind in (
            'documents', 'envelopes', 'images', 'cents', 'unannounced', 'undeclared', 'unlisted', 'refused', 'control',
            'manifest'
        )
    ),
    record text not null default '', -- the file, or the record of an X9 file, that it is about, where one is
    declared bigint, -- by the sender: pieces, or cents; null: nobody said anything
    counted bigint not null, -- by us, in the same unit
    text text not null, -- for operators: what is missing, where
    noted_at timestamptz not null,
    -- other numbers are another difference, which nobody has accepted yet
    unique nulls not distinct (site_id, business_date, batch_no, kind, record, declared, counted)
);

-- Only a person accepts a difference. It covers the numbers that the person saw.
create table difference_acceptance (
    difference_id bigint primary key references difference,
    accepted_by text not null check (accepted_by <> ''),
    reason text not null check (reason <> ''),
    accepted_at timestamptz not null
);

-- What came in a later batch that names the one it was missing from.
create table difference_settlement (
    difference_id bigint not null references difference,
    batch_id bigint not null references batch,
    settled bigint not null check (settled > 0), -- pieces or cents of the difference
    settled_at timestamptz not null,
    primary key (difference_id, batch_id)
);

do $$
declare
    t text;
begin
    foreach t in array array['difference', 'difference_acceptance', 'difference_settlement'] loop
        execute format(
            'create trigger append_only before update or delete or truncate on %I for each statement '
            'execute function refuse_change()', t);
    end loop;
end $$;
