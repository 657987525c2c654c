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
    -- whether something was missing then (065_difference.sql), and whether a person had accepted all of it
    state text not null check (state in ('in_balance', 'differences_accepted', 'open_differences')),
    primary key (site_id, business_date)
);

-- A closed day takes no more mail, no decisions, and no item journals (050_ledger.sql). Days close in order, because
-- each takes over what the one before carried forward: nothing comes before a closed day, either.
create function refuse_closed_day() returns trigger language plpgsql as $$
begin
    -- The close of the day takes this lock exclusively: it sees what is under way here, or what comes later is refused.
    perform pg_advisory_xact_lock_shared(hashtextextended(new.site_id || '/' || new.business_date, 0));
    if exists (
        select from day_close where site_id = new.site_id and business_date >= new.business_date
    ) then
        raise exception '% %: the day is closed', new.site_id, new.business_date using errcode = 'check_violation';
    end if;
    return new;
end $$;
create trigger refuse_closed_day before insert on batch for each row execute function refuse_closed_day();

-- Decisions count in the books of a day that is not closed. A person's needs a resolution that was made final.
create function guard_decisions() returns trigger language plpgsql as $$
declare
    day record;
begin
    for day in select distinct site_id, business_date from added order by 1, 2
    loop
        perform pg_advisory_xact_lock_shared(hashtextextended(day.site_id || '/' || day.business_date, 0));
        if exists (select from day_close where site_id = day.site_id and business_date >= day.business_date) then
            raise exception '% %: the day is closed', day.site_id, day.business_date using errcode = 'check_violation';
        end if;
    end loop;
    if exists (
        select from added as a
        where
            a.resolution_id is not null
            and not exists (
                select from resolution_step as s where s.resolution_id = a.resolution_id and s.state = 'final'
            )
    ) then
        raise exception 'a decision of a person without a final resolution' using errcode = 'check_violation';
    end if;
    return null;
end $$;
create trigger guard_decisions after insert on decision
referencing new table as added for each statement execute function guard_decisions();

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

-- The kinds of events, and what ends them. One that does not close itself is closed by the person who acknowledges it.
create table ops_event_kind (
    kind text primary key,
    closes_itself boolean not null,
    closes_when text not null -- "the stage is done"
);
insert into ops_event_kind values
('stage_failed', true, 'the stage is done'),
('task_failed', true, 'the task succeeds'),
('batch_set_aside', true, 'the batch is taken in, or what is missing is accepted'),
('manifest', true, 'the manifest can be read'),
('untaken', true, 'what lies in the inbox is taken in, or gone'),
('inbox_away', true, 'the inbox can be looked into again'),
('claimed_twice', true, 'one delivery of the batch is left'),
('misnamed_day', true, 'the folder is gone, or has the name of a day'),
('manifest_changed', true, 'the manifest is as it was taken'),
('late', true, 'nothing of the site day is late, or the day is closed'),
('late_night', true, 'the night is run'),
('out_of_balance', true, 'the day is closed'),
('open_differences', true, 'every difference is accepted or settled'),
('expectations', true, 'the day is validated and all expectations are met'),
('statement', true, 'the statement is made'),
('print', true, 'the statement is printed'),
('bounce', true, 'the customer gives another address'),
('lien_overdue', true, 'the lien is released'),
('payoff', true, 'the contract is paid off'),
('payoff_returned', false, 'a person acknowledges it'),
('quote_withdrawn', true, 'a quote is given under the terms in force, or the contract is paid off'),
('resolution', false, 'a person acknowledges it'),
('refund', false, 'a person acknowledges it'),
('unclaimed', true, 'it is claimed, or its days change'),
('reprint', false, 'a person acknowledges it'),
('lien_returned', false, 'a person acknowledges it'),
('unknown_bounce', false, 'a person acknowledges it'),
('settles_nothing', false, 'a person acknowledges it'),
('notice', false, 'a person acknowledges it'),
('contract', false, 'a person acknowledges it'),
('quotes_expired', false, 'it is information');

-- What a person has to see: failures, conflicts, late work. A cause is one row while it lasts, however often it is
-- noted; when it is gone, the row is closed, and a cause that comes back is a new row (006_events.sql).
create table ops_event (
    event_id bigint generated always as identity primary key,
    at timestamptz not null, -- noted first
    severity text not null check (severity in ('info', 'warning', 'error')),
    kind text not null references ops_event_kind,
    scope text not null, -- what it is about: a batch, a site day, a night, a contract ...
    cause text not null default '', -- tells apart the causes of one kind and scope, such as the stage
    message text not null, -- the newest
    times int not null default 1,
    last_at timestamptz not null,
    acknowledged_at timestamptz,
    acknowledged_by text check (acknowledged_by <> ''),
    acknowledge_note text not null default '',
    closed_at timestamptz, -- information is closed from the start
    closed_by text, -- a person; null if its cause was seen to be gone
    check ((acknowledged_at is null) = (acknowledged_by is null)),
    check (severity <> 'info' or closed_at is not null)
);
create unique index ops_event_open on ops_event (kind, scope, cause) where closed_at is null;
create unique index ops_event_info on ops_event (kind, scope, cause) where severity = 'info';
create index ops_event_acknowledged on ops_event (kind, scope, cause) where acknowledged_at is not null;
create index ops_event_last_at on ops_event (last_at);
