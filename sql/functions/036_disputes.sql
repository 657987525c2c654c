-- Direct disputes (12 CFR 1022.43): opened by a letter, answered or rejected as frivolous by one person, closed by
-- another once the customer was told. Rules of who may do what are enforced here. Faults are SQLSTATE LB004.

-- Each case with its newest step, the determination before its close, and the Metro 2 compliance condition code
-- (Credit Reporting Resource Guide, field 20): XB while a dispute is open, XH once it is investigated.
create or replace view dispute_state as
select
    k.*,
    s.step,
    s.state,
    s.due_on,
    s.on_day,
    s.words,
    s.taken_by,
    s.taken_at,
    m.state as determination,
    m.taken_by as maker,
    case when s.state = 'closed' then s.taken_by end as checker,
    case when s.state = 'closed' then 'XH' else 'XB' end as compliance_code
from dispute_case as k
inner join lateral (
    select x.* from dispute_step as x where x.case_id = k.case_id order by x.step desc limit 1
) as s on true
left join lateral (
    select x.* from dispute_step as x
    where x.case_id = k.case_id and x.state in ('answered', 'frivolous')
    order by x.step desc
    limit 1
) as m on true;
grant select on dispute_state to lockbox_app;

-- The date on which an item was received, where it was received.
create or replace function receipt_date(item bigint) returns date language sql stable as $$
    select (b.received_at at time zone s.time_zone)::date
    from item as i
    inner join batch as b on i.batch_id = b.batch_id
    inner join site as s on b.site_id = s.site_id
    where i.item_id = item
$$;

-- Opens a case for a letter, once; gives its number.
create or replace function open_dispute(
    letter bigint, contract bigint, about text, person text, as_of timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    made bigint;
    received date := receipt_date(letter);
    days int;
begin
    select policy_value(b.site_id, 'dispute.answer_days', received)::int into days
    from item as i inner join batch as b on i.batch_id = b.batch_id where i.item_id = letter;
    insert into dispute_case (item_id, contract_id, received_on, subject, opened_by, opened_at)
    values (letter, contract, received, about, person, as_of)
    returning case_id into made;
    insert into dispute_step values (made, 1, 'opened', received, received + days, about, letter, person, as_of);
    return made;
end $$;

-- Takes a step of a case. `due`: of a rejection as frivolous, until when the customer is told (business days are the
-- caller's); the rest follows from the lender's rules.
create or replace function step_dispute(
    dispute bigint, to_state text, day date, due date, what text, letter bigint, person text, as_of timestamptz
) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    k record;
    days int;
    until date;
begin
    perform from dispute_case as c where c.case_id = dispute for no key update;
    select * into k from dispute_state as c where c.case_id = dispute;
    if not found then
        raise exception 'dispute %: no such number', dispute using errcode = 'LB004';
    end if;
    if exists (
        select from own_contract as o
        where o.contract_id = k.contract_id and lower(trim(o.person)) = lower(trim(step_dispute.person))
    ) then
        raise exception 'dispute %: nobody decides about a contract of their own or of their household', dispute
            using errcode = 'LB004';
    end if;
    if (k.state, to_state) not in (
        ('opened', 'information'), ('information', 'information'), ('opened', 'answered'), ('information', 'answered'),
        ('opened', 'frivolous'), ('information', 'frivolous'), ('answered', 'closed'), ('frivolous', 'closed')
    ) then
        raise exception 'dispute %: it is %, % does not follow', dispute, k.state, to_state using errcode = 'LB004';
    end if;
    if to_state = 'closed' and lower(trim(person)) = lower(k.taken_by) then
        raise exception 'dispute %: % decided it; somebody else has to look at it', dispute, k.taken_by
            using errcode = 'LB004';
    end if;
    if day < k.received_on then
        raise exception 'dispute %: it was received on %, not after %', dispute, k.received_on, day
            using errcode = 'LB004';
    end if;
    until := case to_state when 'frivolous' then due when 'closed' then null else k.due_on end;
    -- 15 USC 1681i(a)(1)(B): what comes within the first period, and only that, extends it
    if to_state = 'information' and day <= k.due_on then
        select policy_value(b.site_id, 'dispute.answer_days_more', k.received_on)::int into days
        from item as i inner join batch as b on i.batch_id = b.batch_id where i.item_id = k.item_id;
        until := k.received_on + days;
    end if;
    insert into dispute_step values (dispute, k.step + 1, to_state, day, until, what, letter, trim(person), as_of);
end $$;
