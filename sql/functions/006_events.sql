-- Operations events: noted, settled when their cause is gone, acknowledged by a person.

-- Notes an event, once while its cause lasts: noted again, it counts up and says what was said last. Two processes
-- that note the same cause at once make one row. One that a person has acknowledged and that now says something else is
-- a new event; what an acknowledgment closed is not told again in the same words. Information is closed from the start,
-- and settles what was wrong before. Returns its number.
create or replace function note_event(
    how text, of_kind text, of_scope text, of_cause text, what text, noted_at timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    noted_id bigint;
begin
    if how = 'info' then
        insert into ops_event as e (at, severity, kind, scope, cause, message, last_at, closed_at)
        values (noted_at, how, of_kind, of_scope, of_cause, what, noted_at, noted_at)
        on conflict (kind, scope, cause) where severity = 'info' do update
        set message = excluded.message, times = e.times + 1, last_at = excluded.last_at, closed_at = excluded.closed_at
        returning e.event_id into noted_id;
        perform settle_events(array[of_kind], of_scope, noted_at, of_cause);
        return noted_id;
    end if;
    update ops_event as e set times = e.times + 1, last_at = greatest(e.last_at, noted_at)
    from ops_event_kind as k
    where
        e.kind = of_kind and e.scope = of_scope and e.cause = of_cause and e.message = what
        and e.acknowledged_at is not null and e.closed_at is not null
        and k.kind = e.kind and not k.closes_itself
    returning e.event_id into noted_id;
    if found then
        return noted_id;
    end if;
    update ops_event as e set closed_at = noted_at
    where
        e.kind = of_kind and e.scope = of_scope and e.cause = of_cause and e.closed_at is null
        and e.acknowledged_at is not null and e.message <> what;
    insert into ops_event as e (at, severity, kind, scope, cause, message, last_at)
    values (noted_at, how, of_kind, of_scope, of_cause, what, noted_at)
    on conflict (kind, scope, cause) where closed_at is null do update
    set
        severity = excluded.severity,
        message = excluded.message,
        times = e.times + 1,
        last_at = greatest(e.last_at, excluded.last_at)
    returning e.event_id into noted_id;
    return noted_id;
end $$;

-- Closes the open events of some kinds and a scope, their cause being gone; of all causes, unless one is named.
-- Returns how many.
create or replace function settle_events(
    of_kinds text[], of_scope text, settled_at timestamptz, of_cause text default null
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    update ops_event as e set closed_at = settled_at
    where
        e.kind = any(of_kinds) and e.scope = of_scope and e.closed_at is null
        and e.cause = coalesce(of_cause, e.cause);
    get diagnostics n = row_count;
    return n;
end $$;

-- Closes the open events of a kind whose scope begins as given and is not among those for which the cause lasts.
-- Returns how many.
create or replace function settle_all_but(
    of_kind text, within text, still text[], settled_at timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    update ops_event as e set closed_at = settled_at
    where e.kind = of_kind and e.closed_at is null and starts_with(e.scope, within) and e.scope <> all(still);
    get diagnostics n = row_count;
    return n;
end $$;

-- A person has seen an open event. It is closed if nothing else would ever close it, or if the person says that its
-- cause is gone. Returns whether it was open and is now acknowledged.
create or replace function acknowledge_event(
    which bigint, by_whom text, remark text, seen_at timestamptz, is_gone boolean
) returns boolean language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    update ops_event as e
    set
        acknowledged_at = coalesce(e.acknowledged_at, seen_at),
        acknowledged_by = coalesce(e.acknowledged_by, by_whom),
        acknowledge_note = case when e.acknowledge_note = '' then remark else e.acknowledge_note end,
        closed_at = case when is_gone or not k.closes_itself then seen_at end,
        closed_by = case when is_gone or not k.closes_itself then by_whom end
    from ops_event_kind as k
    where e.event_id = which and e.kind = k.kind and e.closed_at is null;
    return found;
end $$;
