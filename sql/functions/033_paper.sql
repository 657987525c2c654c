-- The paper behind the decisions. Faults are SQLSTATE LB004 with a message for the person.

-- Records how many checks two people counted in a site's vault; gives how many the books have there.
create or replace function count_vault(
    site text, counted int, person text, other text, as_of timestamptz
) returns int language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    booked int;
begin
    if lower(trim(person)) = lower(trim(other)) then
        raise exception '%: two people count the vault, and % is one', site, person using errcode = 'LB004';
    end if;
    select count(*) into booked from open_item as o where o.site_id = site and o.outcome = 'hold';
    insert into vault_count (site_id, checks, booked_checks, counted_by, seconded_by, counted_at)
    values (site, counted, booked, trim(person), trim(other), as_of);
    return booked;
end $$;

-- Puts the papers of decisions that return or send on onto the pull list, to whom they go as read from them.
create or replace function list_paper(decisions bigint[], as_of timestamptz) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    bad bigint;
begin
    select t.item_id into bad
    from decision as d
    inner join deposit_item as t on d.item_id = t.item_id
    where d.decision_id = any(decisions)
    limit 1;
    if found then
        raise exception 'item %: it is deposited, and its paper is not mailed any more', bad using errcode = 'LB004';
    end if;
    with listed as (
        insert into pull_entry (item_id, action, decision_id, reasons, note, asked_by, asked_at)
        select
            d.item_id, case d.outcome when 'reject' then 'return' else 'forward' end, d.decision_id, d.reasons, r.note,
            d.maker, as_of
        from decision as d
        inner join resolution as r on d.resolution_id = r.resolution_id
        where d.decision_id = any(decisions) and d.outcome in ('reject', 'forward')
        order by d.item_id
        returning entry_no, item_id, action
    )

    insert into pull_recipient (entry_no, name, address, given_by, given_at)
    select l.entry_no, p.lines[1], p.lines[2:], 'engine', as_of
    from listed as l
    inner join current_reading as c on l.item_id = c.item_id
    cross join lateral string_to_array(c.reading #>> '{fields,payer,candidates,0,value}', E'\n') as p (lines)
    where l.action = 'return' and cardinality(p.lines) > 1 and p.lines[1] <> '';
end $$;

-- Asks that an item that waits is scanned again; gives the number of the entry.
create or replace function ask_rescan(item bigint, why text, person text, as_of timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    now_at record;
    listed bigint;
begin
    perform from item as i where i.item_id = item for no key update;
    select d.outcome, d.reasons into now_at from newest_decision(item) as d;
    if not found or now_at.outcome not in ('review', 'hold') then
        raise exception 'item %: it does not wait for a person', item using errcode = 'LB004';
    end if;
    select p.entry_no into listed from pull_list as p
    where p.item_id = item and p.action = 'rescan' and p.state in ('open', 'signed', 'missing');
    if found then
        raise exception 'item %: it is to be scanned again already (entry %)', item, listed using errcode = 'LB004';
    end if;
    insert into pull_entry (item_id, action, reasons, note, asked_by, asked_at)
    values (item, 'rescan', now_at.reasons, why, person, as_of)
    returning entry_no into listed;
    return listed;
end $$;

-- Takes a step of an entry. Two persons confirm that it is done: the first one signs.
create or replace function step_paper(
    entry bigint, to_state text, person text, words text, as_of timestamptz
) returns text language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    p record;
    next_state text := to_state;
begin
    perform from item as i
    where i.item_id = (select e.item_id from pull_entry as e where e.entry_no = entry) for no key update;
    select * into p from pull_list as l where l.entry_no = entry;
    if not found then
        raise exception 'pull list: no entry %', entry using errcode = 'LB004';
    end if;
    if p.state in ('confirmed', 'withdrawn') then
        raise exception 'pull list %: it is % already', entry, p.state using errcode = 'LB004';
    end if;
    if to_state not in ('confirmed', 'missing') then
        raise exception 'pull list %: no such step: %', entry, to_state using errcode = 'LB004';
    end if;
    if to_state = 'missing' and words = '' then
        raise exception 'pull list %: say where you looked', entry using errcode = 'LB004';
    end if;
    if to_state = 'confirmed' and p.action <> 'rescan' and p.recipient_id is null then
        raise exception 'pull list %: nobody has said to whom it goes; give name and address first', entry
            using errcode = 'LB004';
    end if;
    if to_state = 'confirmed' and p.state <> 'signed' then
        next_state := 'signed';
    elsif to_state = 'confirmed' and lower(trim(p.taken_by)) = lower(trim(person)) then
        raise exception 'pull list %: % confirmed it already; somebody else confirms it, too', entry, p.taken_by
            using errcode = 'LB004';
    end if;
    insert into pull_step values (entry, p.step + 1, next_state, trim(person), words, as_of);
    return next_state;
end $$;

-- Says to whom a paper goes, until somebody has signed that it went.
create or replace function address_paper(
    entry bigint, to_name text, lines text[], person text, as_of timestamptz
) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    p record;
begin
    perform from item as i
    where i.item_id = (select e.item_id from pull_entry as e where e.entry_no = entry) for no key update;
    select * into p from pull_list as l where l.entry_no = entry;
    if not found then
        raise exception 'pull list: no entry %', entry using errcode = 'LB004';
    end if;
    if p.action = 'rescan' then
        raise exception 'pull list %: it is scanned again and goes to nobody', entry using errcode = 'LB004';
    end if;
    if p.state not in ('open', 'missing') then
        raise exception 'pull list %: it is % by %; the address stands', entry, p.state, p.taken_by
            using errcode = 'LB004';
    end if;
    insert into pull_recipient (entry_no, name, address, given_by, given_at)
    values (entry, to_name, lines, person, as_of);
end $$;

-- Takes entries off the pull list that are not confirmed: of these items, what they ask is not to be done any more.
create or replace function withdraw_paper(items bigint[], person text, as_of timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into pull_step (entry_no, step, state, taken_by, taken_at)
    select p.entry_no, p.step + 1, 'withdrawn', person, as_of
    from pull_list as p
    where p.item_id = any(items) and p.state in ('open', 'signed', 'missing')
$$;

-- Takes up again what was returned, sent on, or filed, in the books of the site's first day that is not closed, as long
-- as its paper is here. A check of the vault is there again, with its date. Gives the day.
create or replace function reopen_paper(
    item bigint, person text, words text, open_days date[], as_of timestamptz
) returns date language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    before decision;
    held_until date;
    why text[]; -- that it waited for before: nothing of it is forgotten
    day date;
    made bigint;
begin
    perform from item as i where i.item_id = item for no key update;
    select * into before from newest_decision(item);
    if before.outcome is null or before.outcome not in ('reject', 'forward', 'file') then
        raise exception 'item %: it is not returned, sent on, or filed (%)', item, coalesce(before.outcome, 'undecided')
            using errcode = 'LB004';
    end if;
    if exists (select from pull_list as p where p.decision_id = before.decision_id and p.state = 'confirmed') then
        raise exception 'item %: its paper has left, as the pull list confirms; nothing can be decided any more', item
            using errcode = 'LB004';
    end if;
    if exists (select from letter_effect_done as e where e.resolution_id = before.resolution_id) then
        raise exception 'item %: what the letter asked for is done already; change that by its own verb', item
            using errcode = 'LB004';
    end if;
    select d.hold_until, d.reasons into held_until, why
    from decision as d where d.item_id = item and d.version = before.version - 1;
    day := books_day(before.site_id, open_days);
    perform withdraw_paper(array[item], person, as_of);
    insert into decision (
        item_id, version, site_id, business_date, effective_date, kind, outcome, hold_until, amount_cents, misread_ppm,
        reasons, ranked, maker, decided_at
    )
    values (
        item, before.version + 1, before.site_id, day, before.effective_date, before.kind,
        case when held_until is null then 'review' else 'hold' end, held_until, before.amount_cents, 0,
        array(select distinct r from unnest(why || 'reopened'::text) as u (r) order by 1), before.ranked, 'engine', as_of
    )
    returning decision_id into made;
    insert into reopening values (made, trim(person), words);
    return day;
end $$;
