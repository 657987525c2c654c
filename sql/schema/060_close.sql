-- The end of the day: deposits and closes; and the fenced runs of stages.

create table deposit (
    deposit_id bigint generated always as identity primary key,
    site_id text not null references site,
    business_date date not null,
    items int not null check (items > 0),
    amount_cents bigint not null check (amount_cents > 0),
    journal_id bigint not null unique references journal,
    made_at timestamptz not null,
    unique (site_id, business_date)
);

create table deposit_item (
    item_id bigint primary key references item, -- an item is deposited once
    deposit_id bigint not null references deposit
);

create table day_close (
    site_id text not null references site,
    business_date date not null,
    totals jsonb not null,
    closed_at timestamptz not null,
    primary key (site_id, business_date)
);

-- A closed day takes no more mail (and no more item journals: 050_ledger.sql).
create function refuse_closed_day() returns trigger language plpgsql as $$
begin
    -- The close of the day takes this lock exclusively: it sees what is under way here, or what comes later is refused.
    perform pg_advisory_xact_lock_shared(hashtextextended(new.site_id || '/' || new.business_date, 0));
    if exists (
        select from day_close where site_id = new.site_id and business_date = new.business_date
    ) then
        raise exception '% %: the day is closed', new.site_id, new.business_date using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger refuse_closed_day before insert on batch for each row execute function refuse_closed_day();

-- Who may write for a stage of a batch. Airflow may run two tries of one task at once: each try takes the next fence,
-- and only the try with the newest fence can commit.
create table stage_run (
    scope text not null, -- site/day/batch, or site/day
    stage text not null,
    fence bigint not null,
    state text not null check (state in ('running', 'done', 'failed')),
    message text not null default '',
    input_mark text not null default '', -- of the delivery it worked on: a bad one is not tried again until it changes
    started_at timestamptz not null,
    finished_at timestamptz,
    duration_ms real, -- wall-clock time, whatever day is being processed
    primary key (scope, stage)
);

-- What a person has to see: failures, conflicts, late work.
create table ops_event (
    event_id bigint generated always as identity primary key,
    at timestamptz not null,
    severity text not null check (severity in ('info', 'warning', 'error')),
    kind text not null,
    scope text not null,
    message text not null,
    unique (kind, scope, message)
);
