-- Money of customers that nobody claims: since when, when its owner gets a letter, when it goes to the state
-- (lockbox.servicing.unclaimed).

-- What is payable on contracts, since when: the oldest goes out first, and what is left is as old as its oldest part.
create or replace view payable_open as
select
    x.contract_id,
    min(x.business_date) as opened_on,
    max(x.balance_cents) as amount_cents
from (
    select
        e.contract_id,
        j.business_date,
        -sum(e.amount_cents) over (partition by e.contract_id) as balance_cents,
        -e.amount_cents as cents,
        -sum(e.amount_cents) filter (where e.amount_cents < 0) over (
            partition by e.contract_id
            order by e.journal_id desc, e.line_no desc
        ) as newest_cents
    from entry as e
    inner join journal as j on e.journal_id = j.journal_id
    where
        e.account = 'payable.refund'
        and e.contract_id in (select p.contract_id from position as p where p.refund_cents > 0)
        and not exists ( -- what was paid out and stopped is as old as it was before
            select from journal as s
            where
                j.source_kind in ('refund_paid', 'refund_stopped')
                and s.source_kind = 'refund_stopped' and s.source_key = j.source_key
        )
) as x
where x.cents > 0 and x.newest_cents - x.cents < x.balance_cents
group by x.contract_id;
grant select on payable_open to lockbox_app;

-- The rule for unclaimed money of a state on a day. Without one the night stops. LB003 becomes a SettingsError.
create or replace function unclaimed_rule_on(lender text, of_state text, day date) returns unclaimed_rule
language plpgsql stable as $$
declare
    in_force unclaimed_rule;
begin
    select x.* into in_force
    from unclaimed_rule as x
    where x.lender_id = lender and x.state in (of_state, '*') and x.valid_from <= day
    order by x.state = '*', x.valid_from desc
    limit 1;
    if not found then
        raise exception 'no rule for unclaimed money of % on %', of_state, day using errcode = 'LB003';
    end if;
    return in_force;
end $$;

-- The money of a lender's customers that is issued and not cleared, or payable, with its days. It goes to the state of
-- the owner's last known address (Texas v. New Jersey, 379 U.S. 674), to that of the contract where the address names
-- none. What is payable on a charged-off contract is not the customer's to claim: a recovery takes it.
create or replace function unclaimed_money(lender text, day date) returns table (
    contract_id bigint, refund_no bigint, since_on date, amount_cents bigint, method text, payee_name text,
    payee_address text[], state text, wants_letter boolean, letter_on date, goes_on date, letter_made_on date
) language sql stable as $$
    select
        o.contract_id, o.refund_no, o.since_on, o.amount_cents, o.method, o.payee_name, o.payee_address, s.state,
        o.amount_cents >= r.letter_from_cents, d.goes_on - r.letter_days, d.goes_on, l.made_on
    from (
        select
            n.contract_id, n.refund_no, n.taken_on as since_on, n.amount_cents, n.method, n.payee_name, n.payee_address
        from refund_now as n
        where n.state = 'issued'
        union all
        select
            p.contract_id, null, p.opened_on, p.amount_cents, null, u.name, string_to_array(u.address, e'\n')
        from payable_open as p
        inner join contract as k on p.contract_id = k.contract_id
        inner join customer as u on k.customer_id = u.customer_id
        where not has_flag(p.contract_id, '{charged_off}', day)
    ) as o
    inner join contract as c on o.contract_id = c.contract_id and c.lender_id = lender
    cross join lateral (
        select coalesce(
            substring(o.payee_address[cardinality(o.payee_address)] from '\m([A-Z]{2})\s+[0-9]{5}(?:-?[0-9]{4})?\s*$'),
            c.state
        ) as state
    ) as s
    cross join lateral unclaimed_rule_on(lender, s.state, day) as r
    cross join lateral (
        select (o.since_on + make_interval(months => r.dormancy_months))::date as goes_on
    ) as d
    left join owner_letter as l
        on
            o.contract_id = l.contract_id and o.refund_no is not distinct from l.refund_no
            and o.since_on = l.since_on
$$;

-- 10b. Plans the letters whose day has come; the next print run takes them.
create or replace function night_owner_letters(lender text, day date, as_of timestamptz) returns bigint
language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    insert into owner_letter (
        contract_id, refund_no, since_on, amount_cents, method, payee_name, payee_address, goes_on, made_on, made_at
    )
    select
        u.contract_id, u.refund_no, u.since_on, u.amount_cents, u.method, u.payee_name, u.payee_address, u.goes_on,
        day, as_of
    from unclaimed_money(lender, day) as u
    where u.wants_letter and u.letter_on <= day and day < u.goes_on and u.letter_made_on is null
    order by u.contract_id, u.refund_no
    on conflict do nothing;
    get diagnostics n = row_count;
    return n;
end $$;
