-- Resolutions: what a person proposes for an item, who has to agree, and the decision that it becomes. The rules of who
-- may do what are enforced here, whoever calls. Faults are SQLSTATE LB004 with a message for the person.

-- The value of a lender's rule in force on a day; null: there is none.
create or replace function policy_value(site text, of_rule text, day date) returns jsonb language sql stable as $$
    select p.value
    from policy as p
    inner join site as s on p.lender_id = s.lender_id
    where s.site_id = site and p.rule = of_rule and p.valid_from <= day
    order by p.valid_from desc
    limit 1
$$;

-- The day in whose books a site's resolutions count now: its first business day that is not closed, held against the
-- close until the transaction ends. `open_days`: the days from today on, oldest first, on which the site is open.
create or replace function books_day(site text, open_days date[]) returns date language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    day date;
begin
    for turn in 1..cardinality(open_days) loop
        select least(
            (select min(u.business_date) from unclosed_date as u where u.site_id = site),
            (
                select min(o) from unnest(open_days) as o
                where
                    not exists (select from day_close as c where c.site_id = site and c.business_date >= o)
                    and o > coalesce((select max(n.business_date) from night as n), '-infinity')
            )
        ) into day;
        exit when day is null;
        perform pg_advisory_xact_lock_shared(hashtextextended(site || '/' || day, 0));
        if not exists (select from day_close as c where c.site_id = site and c.business_date >= day) then
            return day;
        end if;
    end loop;
    raise exception '%: no business day is open for this decision', site using errcode = 'LB004';
end $$;

-- Why a person may not decide this item, or the decision that was seen is not the newest any more.
create or replace function ensure_may_resolve(
    item bigint, seen int, person text, contracts bigint[], as_of timestamptz
) returns void language plpgsql stable set search_path = public, pg_temp as $$
declare
    now_at record;
    lease record;
begin
    select d.version, d.outcome, d.maker, d.decided_at into now_at from newest_decision(item) as d;
    if not found then
        raise exception 'item %: it is not decided yet', item using errcode = 'LB004';
    end if;
    if now_at.version <> seen then
        raise exception 'item %: % decided it meanwhile (%)', item, now_at.maker, now_at.outcome
            using errcode = 'LB004';
    end if;
    if now_at.outcome not in ('review', 'hold') then
        raise exception 'item %: it does not wait for a person (%)', item, now_at.outcome using errcode = 'LB004';
    end if;
    select l.person, l.expires_at into lease from item_lease as l where l.item_id = item;
    if found and lease.expires_at > as_of and lower(lease.person) <> lower(ensure_may_resolve.person) then
        raise exception 'item %: % works on it until %', item, lease.person, lease.expires_at using errcode = 'LB004';
    end if;
    if exists (
        select from own_contract as o where lower(o.person) = lower(ensure_may_resolve.person) and o.contract_id = any(contracts)
    ) then
        raise exception 'item %: nobody decides about a contract of their own or of their household', item
            using errcode = 'LB004';
    end if;
end $$;

-- Proposes what shall become of an item; gives the number of the resolution. `proposal`: kind, outcome, suspense_kind,
-- amount_cents, lines [{contract_id, amount_cents, excess}], hold_until, reasons, note; of a letter that is filed what
-- it asks for: effect {kind, contract_id, facts}; same_as, is_twin, fingerprint as in the table.
create or replace function propose_resolution(
    item bigint, seen int, proposal jsonb, person text, as_of timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    p record;
    before decision;
    of_site text;
    second jsonb;
    double_from bigint;
    needs boolean;
    lines_cents bigint;
    made bigint;
begin
    perform from item as i where i.item_id = item for no key update;
    select * into p from jsonb_to_record(proposal) as x (
        kind text, outcome text, suspense_kind text, amount_cents bigint, lines jsonb, hold_until date, reasons text[],
        note text, effect jsonb, same_as bigint, is_twin boolean, fingerprint text
    );
    perform ensure_may_resolve(
        item, seen, person,
        array(select l.contract_id from jsonb_to_recordset(p.lines) as l (contract_id bigint))
        || (p.effect ->> 'contract_id')::bigint,
        as_of
    );
    if p.effect is not null and (p.kind <> 'letter' or p.outcome <> 'file') then
        raise exception 'item %: only a letter that is filed has an effect', item using errcode = 'LB004';
    end if;
    perform ensure_lawful(item, p.outcome, p.lines, array[person]);
    perform ensure_not_twice(item, p.outcome, p.fingerprint, coalesce(p.is_twin, false), p.same_as);
    if exists (
        select from resolution_state as r where r.item_id = item and r.state in ('proposed', 'ready')
    ) then
        raise exception 'item %: % proposed something already', item, (
            select r.maker from resolution_state as r
            where r.item_id = item and r.state in ('proposed', 'ready')
        ) using errcode = 'LB004';
    end if;
    select * into strict before from newest_decision(item);
    select coalesce(sum(l.amount_cents), 0) into lines_cents
    from jsonb_to_recordset(p.lines) as l (amount_cents bigint);
    if lines_cents <> (
        case when p.outcome = 'post' or p.suspense_kind = 'unapplied' then p.amount_cents else 0 end
    ) then
        raise exception 'item %: its parts add up to % cents, the check is over %', item, lines_cents, p.amount_cents
            using errcode = 'LB004';
    end if;
    select s.site_id into strict of_site from item as i inner join batch as s using (batch_id) where i.item_id = item;
    second := policy_value(of_site, 'exceptions.second_person', before.business_date);
    double_from := policy_value(of_site, 'exceptions.double_key_cents', before.business_date);
    needs := coalesce(p.amount_cents, before.amount_cents, 0) >= (second ->> coalesce(p.effect ->> 'kind', p.outcome))::bigint;
    if p.outcome in ('post', 'suspense') and p.amount_cents >= double_from then
        perform ensure_keyed_twice(item, seen, p.amount_cents, p.lines);
        needs := false; -- two people have keyed it
    end if;
    insert into resolution (
        item_id, expected_version, kind, outcome, suspense_kind, amount_cents, lines, hold_until, reasons, note,
        same_as, is_twin, fingerprint, needs_second, before_kind, before_cents, maker, proposed_at
    )
    values (
        item, seen, p.kind, p.outcome, p.suspense_kind, p.amount_cents, p.lines, p.hold_until,
        coalesce(nullif(p.reasons, '{}'), before.reasons), coalesce(p.note, ''), p.same_as,
        coalesce(p.is_twin, false), p.fingerprint, coalesce(needs, false), before.kind, before.amount_cents, person,
        as_of
    )
    returning resolution_id into made;
    if p.effect is not null then
        insert into letter_effect
        values (made, p.effect ->> 'kind', (p.effect ->> 'contract_id')::bigint, p.effect -> 'facts');
    end if;
    delete from item_lease as l where l.item_id = item;
    return made;
end $$;

-- Above a limit two people key amount and account numbers, each without seeing the other's; where they differ a third
-- one does. What two of them keyed alike may be posted.
create or replace function ensure_keyed_twice(item bigint, seen int, cents bigint, lines jsonb) returns void
language plpgsql stable set search_path = public, pg_temp as $$
declare
    numbers text[];
    alike int;
    keyed int;
begin
    select coalesce(array_agg(c.account_number order by c.account_number), '{}') into numbers
    from jsonb_to_recordset(lines) as l (contract_id bigint)
    inner join contract as c on l.contract_id = c.contract_id;
    select
        count(*) filter (where k.amount_cents = cents and k.account_numbers = numbers),
        count(*)
    into alike, keyed
    from keying as k where k.item_id = item and k.expected_version = seen;
    if alike < 2 then
        raise exception 'item %: above the limit two people must key the same amount and accounts; % keyed, % of them this',
            item, keyed, alike using errcode = 'LB004';
    end if;
end $$;

-- Keys an item blindly; gives how many keyed it, and how many of them the same.
create or replace function key_item(
    item bigint, seen int, cents bigint, accounts text[], person text, as_of timestamptz
) returns table (keyed int, alike int) language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    sorted text[] := array(select a from unnest(accounts) as a order by a);
begin
    perform from item as i where i.item_id = item for no key update;
    perform ensure_may_resolve(
        item, seen, person, array(select c.contract_id from contract as c where c.account_number = any(accounts)), as_of
    );
    if exists (
        select from keying as k
        where k.item_id = item and k.expected_version = seen and lower(k.keyed_by) = lower(key_item.person)
    ) then
        raise exception 'item %: % keyed it already; where two differ, a third person keys it', item, person
            using errcode = 'LB004';
    end if;
    insert into keying values (item, seen, person, cents, sorted, as_of);
    delete from item_lease as l where l.item_id = item; -- the next person takes it
    return query
    select
        count(*)::int,
        count(*) filter (where k.amount_cents = cents and k.account_numbers = sorted)::int
    from keying as k where k.item_id = item and k.expected_version = seen;
end $$;

-- Takes a step of a resolution that is not final: a second person confirms or refuses it, or its maker takes it back.
create or replace function step_resolution(
    resolution bigint, to_state text, person text, words text, as_of timestamptz
) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    r record;
begin
    perform from item as i
    where i.item_id = (select x.item_id from resolution as x where x.resolution_id = resolution) for no key update;
    select * into r from resolution_state as x where x.resolution_id = resolution;
    if not found then
        raise exception 'resolution %: no such number', resolution using errcode = 'LB004';
    end if;
    if r.state not in ('proposed', 'ready') then
        raise exception 'resolution %: it is % already', resolution, r.state using errcode = 'LB004';
    end if;
    if to_state not in ('confirmed', 'refused', 'undone') then
        raise exception 'resolution %: no such step: %', resolution, to_state using errcode = 'LB004';
    end if;
    if to_state = 'confirmed' and not r.needs_second then
        raise exception 'resolution %: it needs no second person', resolution using errcode = 'LB004';
    end if;
    if to_state = 'confirmed' and r.state = 'ready' then
        raise exception 'resolution %: % confirmed it already', resolution, r.checker using errcode = 'LB004';
    end if;
    if to_state in ('confirmed', 'refused') and lower(person) = lower(r.maker) then
        raise exception 'resolution %: % proposed it; somebody else has to look at it', resolution, r.maker
            using errcode = 'LB004';
    end if;
    if to_state = 'undone' and lower(person) <> lower(r.maker) then
        raise exception 'resolution %: % proposed it; somebody else refuses it', resolution, r.maker
            using errcode = 'LB004';
    end if;
    if exists (
        select from own_contract as o
        where
            lower(o.person) = lower(step_resolution.person)
            and (
                o.contract_id in (select l.contract_id from jsonb_to_recordset(r.lines) as l (contract_id bigint))
                or o.contract_id in (select e.contract_id from letter_effect as e where e.resolution_id = resolution)
            )
    ) then
        raise exception 'resolution %: nobody decides about a contract of their own or of their household', resolution
            using errcode = 'LB004';
    end if;
    if to_state = 'refused' and words = '' then
        raise exception 'resolution %: say why it is refused', resolution using errcode = 'LB004';
    end if;
    if to_state = 'confirmed' then
        perform ensure_lawful(r.item_id, r.outcome, r.lines, array[r.maker, person]);
    end if;
    insert into resolution_step values (resolution, r.step + 1, to_state, person, words, as_of);
end $$;

-- Makes resolutions of one site final, in one transaction: the decision, its lines, and the journals, which bear the
-- first day that is not closed and are credited as of the receipt (of a post-dated check: as of its date, if later).
create or replace function finish_resolutions(resolutions bigint[], open_days date[], as_of timestamptz)
returns table (resolution_id bigint, item_id bigint, decision_id bigint, business_date date) language plpgsql
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    bad record;
    site text;
    day date;
begin
    -- lock FINGERPRINTS of lockbox/db.py, before all others: nobody else counts occurrences of a check meanwhile
    if exists (
        select from resolution as r where r.resolution_id = any(resolutions) and r.fingerprint is not null
    ) then
        perform pg_advisory_xact_lock(4713);
    end if;
    perform from item as i
    inner join resolution as r on i.item_id = r.item_id
    where r.resolution_id = any(resolutions)
    order by i.item_id
    for no key update of i;
    create temp table finishing on commit drop as
    select r.*, b.site_id, b.effective_date as received_on, d.version, d.outcome as before_outcome,
        d.hold_until as held_until, d.ranked
    from resolution_state as r
    inner join item as i on r.item_id = i.item_id
    inner join batch as b on i.batch_id = b.batch_id
    cross join lateral newest_decision(r.item_id) as d
    where r.resolution_id = any(resolutions);
    select f.* into bad from finishing as f
    where f.state <> 'ready' or f.version <> f.expected_version or f.before_outcome not in ('review', 'hold')
    order by f.resolution_id
    limit 1;
    if found then
        raise exception 'item %: resolution % cannot be made final: it is %, of decision % and not %',
            bad.item_id, bad.resolution_id, bad.state, bad.version, bad.expected_version using errcode = 'LB004';
    end if;
    select min(f.site_id) into site from finishing as f having min(f.site_id) = max(f.site_id);
    if site is null then
        raise exception 'resolutions of one site are made final together' using errcode = 'LB004';
    end if;
    perform ensure_lawful(f.item_id, f.outcome, f.lines, array[f.maker, f.checker]) from finishing as f;
    for bad in select f.* from finishing as f order by f.item_id loop
        perform ensure_not_twice(bad.item_id, bad.outcome, bad.fingerprint, bad.is_twin, bad.same_as);
        insert into fingerprint (fingerprint, occurrence, item_id)
        select
            bad.fingerprint,
            (select count(*) + 1 from fingerprint as x where x.fingerprint = bad.fingerprint),
            bad.item_id
        where bad.fingerprint is not null and bad.outcome in ('post', 'suspense')
        on conflict (item_id, fingerprint) do nothing;
    end loop;
    day := books_day(site, open_days);
    insert into resolution_step
    select f.resolution_id, f.step + 1, 'final', 'engine', '', as_of from finishing as f;
    insert into decision (
        item_id, version, site_id, business_date, effective_date, kind, outcome, hold_until, suspense_kind,
        amount_cents, misread_ppm, reasons, ranked, maker, checker, resolution_id, decided_at
    )
    select
        f.item_id, f.version + 1, f.site_id, day, greatest(f.received_on, f.held_until), f.kind, f.outcome,
        f.hold_until, f.suspense_kind, f.amount_cents, 0, f.reasons, f.ranked, f.maker, f.checker, f.resolution_id,
        as_of
    from finishing as f
    order by f.item_id;
    insert into decision_line (decision_id, line_no, contract_id, amount_cents, excess)
    select d.decision_id, l.line_no, (l.line ->> 'contract_id')::bigint, (l.line ->> 'amount_cents')::bigint,
        l.line ->> 'excess'
    from finishing as f
    inner join decision as d on f.resolution_id = d.resolution_id
    cross join jsonb_array_elements(f.lines) with ordinality as l (line, line_no);
    -- what was to be scanned again is decided; what leaves the house is pulled from its tray
    perform withdraw_paper(array(select f.item_id from finishing as f), 'engine', as_of);
    perform list_paper(
        array(
            select d.decision_id from finishing as f
            inner join decision as d on f.resolution_id = d.resolution_id
            where f.outcome in ('reject', 'forward')
        ),
        as_of
    );
    perform post_items(
        array(select f.item_id from finishing as f where f.outcome in ('post', 'suspense')), as_of
    );
    return query
    select f.resolution_id, f.item_id, d.decision_id, d.business_date
    from finishing as f
    inner join decision as d on f.resolution_id = d.resolution_id
    order by f.item_id;
    drop table finishing;
end $$;

-- Notes that a resolution could not be made final, and why: its item is open again.
create or replace function fail_resolution(resolution bigint, words text, as_of timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into resolution_step
    select r.resolution_id, r.step + 1, 'failed', 'engine', words, as_of
    from resolution_state as r where r.resolution_id = resolution and r.state in ('proposed', 'ready')
$$;

-- Gives a person an item for some minutes; of two who ask at once, the second is told who has it.
create or replace function lease_item(item bigint, by_person text, until timestamptz, as_of timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    holder text;
begin
    insert into item_lease as l values (item, by_person, as_of, until)
    on conflict (item_id) do update set person = excluded.person, taken_at = excluded.taken_at,
        expires_at = excluded.expires_at
    where l.expires_at <= as_of or lower(l.person) = lower(excluded.person)
    returning l.person into holder;
    if holder is null then
        raise exception 'item %: % works on it', item, (select l.person from item_lease as l where l.item_id = item)
            using errcode = 'LB004';
    end if;
end $$;

-- Gives an item back before its time.
create or replace function release_lease(item bigint, by_person text) returns void
language sql security definer set search_path = public, pg_temp as $$
    delete from item_lease as l where l.item_id = item and lower(l.person) = lower(by_person)
$$;

-- Notes a contract of a person, or of somebody of the person's household.
create or replace function note_own_contract(
    of_person text, contract bigint, why text, by_person text, as_of timestamptz
) returns void language sql security definer set search_path = public, pg_temp as $$
    insert into own_contract values (of_person, contract, why, by_person, as_of) on conflict do nothing
$$;
