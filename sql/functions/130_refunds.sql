-- The register of refunds: proposals, approvals, issues, and what becomes of them. Each step is one transaction with
-- its journal, on the locked position of its contract (lockbox.servicing.refunds).

-- Every refund with its newest step.
create or replace view refund_now as
select
    r.refund_no, r.contract_id, r.replaces, r.payee_kind, r.payee_name, r.payee_address, r.payee_reason, r.method,
    r.made_by, r.made_at,
    s.step, s.state, s.amount_cents, s.maker, s.checker, s.taken_by, s.reason, s.taken_on, s.taken_at
from refund as r
cross join lateral (
    select x.* from refund_state as x where x.refund_no = r.refund_no order by x.step desc limit 1
) as s;
grant select on refund_now to lockbox_app;

-- A step follows the one before it, keeps its amount, maker and checker, and a contract has one proposal at a time.
create or replace function guard_refund_state() returns trigger language plpgsql as $$
declare
    last refund_state;
begin
    select s.* into last from refund_state as s where s.refund_no = new.refund_no order by s.step desc limit 1;
    if new.step <> coalesce(last.step, 0) + 1 or (coalesce(last.state, ''), new.state) not in (
        ('', 'proposed'), ('proposed', 'proposed'), ('proposed', 'approved'), ('proposed', 'withdrawn'),
        ('approved', 'proposed'), ('approved', 'withdrawn'), ('approved', 'issued'),
        ('issued', 'cleared'), ('issued', 'stopped'), ('cleared', 'returned'),
        ('stopped', 'reissued'), ('returned', 'reissued')
    ) then
        raise exception 'refund %: % does not follow %', new.refund_no, new.state, coalesce(last.state, 'nothing')
            using errcode = 'check_violation';
    end if;
    if new.state <> 'proposed' and (
        new.amount_cents <> last.amount_cents
        or new.maker <> last.maker
        or (new.state not in ('approved', 'withdrawn') and new.checker is distinct from last.checker)
    ) then
        raise exception 'refund %: amount, maker and checker stay', new.refund_no using errcode = 'check_violation';
    end if;
    if new.state = 'proposed' and exists (
        select from refund as r
        inner join refund as o on r.contract_id = o.contract_id and r.refund_no <> o.refund_no
        inner join refund_now as n on o.refund_no = n.refund_no and n.state in ('proposed', 'approved')
        where r.refund_no = new.refund_no
    ) then
        raise exception 'refund %: its contract has an open refund', new.refund_no using errcode = 'check_violation';
    end if;
    return new;
end $$;

do $$ begin
    if not exists (select from pg_trigger where tgname = 'guard_refund_state') then
        create trigger guard_refund_state before insert on refund_state for each row
        execute function guard_refund_state();
    end if;
end $$;

-- Adds the next step of a refund; null keeps amount, maker and checker.
create or replace function step_refund(
    no bigint, to_state text, by text, why text, on_day date, as_of timestamptz, cents bigint default null,
    approved_by text default null, proposed_by text default null, of_journal bigint default null
) returns void language sql
security definer set search_path = public, pg_temp as $$
    insert into refund_state (
        refund_no, step, state, amount_cents, maker, checker, taken_by, reason, taken_on, taken_at, journal_id
    )
    select
        no, n.step + 1, to_state, coalesce(cents, n.amount_cents), coalesce(proposed_by, n.maker),
        case when to_state not in ('proposed', 'withdrawn') then coalesce(approved_by, n.checker) end,
        by, why, on_day, as_of, of_journal
    from refund_now as n where n.refund_no = no
$$;

-- Until when (not included) what is payable to a customer is held: a payment of the contract may still come back. By
-- kind of payment; `hold`: days by kind of check, 'personal' for those that have no row. Null: it is not held.
create or replace function refund_held_until(contract bigint, day date, hold jsonb) returns date language sql stable
as $$
    select max(j.business_date + d.days)
    from entry as e
    inner join journal as j
        on e.journal_id = j.journal_id and j.source_kind in ('item', 'identification')
    left join lateral (
        select r.reading #>> '{fields,check_kind,candidates,0,value}' as kind
        from reading as r
        where r.item_id = j.item_id
        order by r.reading_id desc
        limit 1
    ) as k on true
    cross join lateral (select coalesce((hold ->> k.kind)::int, (hold ->> 'personal')::int) as days) as d
    where
        e.contract_id = contract
        and j.business_date > day - (select max(h.value::int) from jsonb_each_text(hold) as h)
        and j.business_date + d.days > day
        and not exists (select from journal as r where r.reverses = j.journal_id)
$$;

-- What a contract owes that the next night takes out of what is payable to its customer: of a loan that goes on, what
-- is due. 0 where a flag stops that.
create or replace function refund_netting_cents(contract bigint, day date) returns bigint language sql stable as $$
    select case
        when p.contract_id in (select s.contract_id from stopped_contracts(c.lender_id, 'application', day) as s) then 0
        when p.principal_cents > 0 then p.fee_cents + least(
            p.principal_cents + p.interest_cents,
            (
                select coalesce(sum(
                    case
                        when i.is_last then p.principal_cents + p.interest_cents
                        else i.amount_cents - i.credited_cents
                    end
                ), 0)
                from installment as i
                where
                    i.contract_id = p.contract_id and i.due_on <= day
                    and (i.credited_cents < i.amount_cents or i.is_last)
            )
        )
        else p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents
    end
    from position as p
    inner join contract as c on p.contract_id = c.contract_id
    where p.contract_id = contract
$$;

-- Proposes to pay out all that is payable on a contract, under a new number. The caller has locked its position.
create or replace function propose_refund(
    contract bigint, kind text, name text, address text[], entitled text, by_method text, renewed bigint, on_day date,
    as_of timestamptz, by text
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    made bigint;
begin
    insert into refund (
        contract_id, replaces, payee_kind, payee_name, payee_address, payee_reason, method, made_by, made_at
    )
    values (contract, renewed, kind, name, address, entitled, by_method, by, as_of)
    returning refund_no into made;
    insert into refund_state (refund_no, step, state, amount_cents, maker, taken_by, taken_on, taken_at)
    select made, 1, 'proposed', p.refund_cents, by, by, on_day, as_of
    from position as p where p.contract_id = contract;
    return made;
end $$;

-- 10. Proposes a refund to the customer of record for every contract that owes nothing that a night takes first, and
-- whose payable amount is held no longer, and brings proposals up to what is payable. Not where a flag stops
-- application, the contract is charged off, or a refund was stopped or came back: there a person decides. Less than
-- the smallest amount is paid out when the customer asks for it.
create or replace function night_propose_refunds(
    lender text, day date, hold jsonb, smallest bigint, by_method text, as_of timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    create temp table refundable on commit drop as
    select
        p.contract_id, p.refund_cents, u.name, string_to_array(u.address, e'\n') as address_lines, o.refund_no, o.state, o.amount_cents
    from position as p
    inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender
    inner join customer as u on c.customer_id = u.customer_id
    left join lateral (
        select x.refund_no, x.state, x.amount_cents from refund_now as x
        where x.contract_id = p.contract_id and x.state in ('proposed', 'approved')
    ) as o on true
    where
        p.refund_cents > 0
        and (p.refund_cents >= smallest or o.refund_no is not null)
        and refund_netting_cents(p.contract_id, day) = 0
        and p.contract_id not in (select s.contract_id from stopped_contracts(lender, 'application', day) as s)
        and not has_flag(p.contract_id, '{charged_off}', day)
        and not exists (
            select from refund_now as x where x.contract_id = p.contract_id and x.state in ('stopped', 'returned')
        )
        and refund_held_until(p.contract_id, day, hold) is null
    order by p.contract_id
    for no key update of p;
    select count(propose_refund(
        r.contract_id, 'customer', r.name, r.address_lines, '', by_method, null, day, as_of, 'night'
    )) into n
    from refundable as r
    where r.refund_no is null;
    perform step_refund(r.refund_no, 'proposed', 'night', 'more is payable', day, as_of, r.refund_cents, null, 'night')
    from refundable as r
    where r.state = 'proposed' and r.amount_cents < r.refund_cents;
    drop table refundable;
    return n;
end $$;

-- Proposals and approvals of more than is still payable shrink, and need an approval again, or vanish. What was issued
-- stays.
create or replace function trim_refunds(contracts bigint[], on_day date, as_of timestamptz) returns void
language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    perform step_refund(
        n.refund_no,
        case when p.refund_cents > 0 then 'proposed' else 'withdrawn' end,
        'engine',
        'no more than ' || (p.refund_cents / 100.0)::numeric(14, 2) || ' is payable any more',
        on_day,
        as_of,
        nullif(p.refund_cents, 0)
    )
    from refund_now as n
    inner join position as p on n.contract_id = p.contract_id
    where
        n.contract_id = any(contracts) and n.state in ('proposed', 'approved') and n.amount_cents > p.refund_cents;
end $$;

-- Issues an approved refund: out of what is payable, into what is issued and not cleared. The caller has locked the
-- position.
create or replace function issue_refund(no bigint, by text, on_day date, as_of timestamptz) returns bigint
language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    r refund_now;
    made bigint;
begin
    select * into strict r from refund_now as n where n.refund_no = no;
    made := post_journal(
        'refund_paid', no::text, null, null, on_day, on_day, as_of, by, null, jsonb_build_array(
            jsonb_build_object(
                'account', 'payable.refund', 'amount_cents', r.amount_cents, 'contract_id', r.contract_id
            ),
            jsonb_build_object(
                'account', 'payable.refund_outstanding', 'amount_cents', -r.amount_cents, 'contract_id', r.contract_id
            )
        )
    );
    perform step_refund(no, 'issued', by, '', on_day, as_of, of_journal => made);
    return made;
end $$;

-- An issued refund was paid by the bank.
create or replace function clear_refund(no bigint, by text, on_day date, as_of timestamptz) returns bigint
language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    r refund_now;
    made bigint;
begin
    select * into strict r from refund_now as n where n.refund_no = no;
    made := post_journal(
        'refund_cleared', no::text, null, null, on_day, on_day, as_of, by, null, jsonb_build_array(
            jsonb_build_object('account', 'payable.refund_outstanding', 'amount_cents', r.amount_cents),
            jsonb_build_object('account', 'bank.disbursements', 'amount_cents', -r.amount_cents)
        )
    );
    perform step_refund(no, 'cleared', by, '', on_day, as_of, of_journal => made);
    return made;
end $$;

-- An issued refund is stopped, or one that had cleared came back: its money is payable again.
create or replace function stop_refund(no bigint, by text, why text, on_day date, as_of timestamptz) returns bigint
language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    r refund_now;
    made bigint;
begin
    select * into strict r from refund_now as n where n.refund_no = no;
    made := post_journal(
        'refund_stopped', no::text, null, null, on_day, on_day, as_of, by, null,
        (
            select jsonb_agg(to_jsonb(x))
            from (
                values
                ('payable.refund_outstanding', r.amount_cents, r.contract_id, true),
                ('payable.refund', -r.amount_cents, r.contract_id, true),
                ('bank.disbursements', r.amount_cents, null, r.state = 'cleared'),
                ('payable.refund_outstanding', -r.amount_cents, null, r.state = 'cleared')
            ) as x (account, amount_cents, contract_id, is_line)
            where x.is_line
        )
    );
    perform step_refund(
        no, case r.state when 'cleared' then 'returned' else 'stopped' end, by, why, on_day, as_of, of_journal => made
    );
    return made;
end $$;
