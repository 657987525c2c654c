-- 1b. Payoffs: what came to pay off a contract, what of it is waived or refunded, quotes that have expired, liens to be
-- released.
create or replace function night_payoffs(
    lender text, day date, tolerance_cents bigint, payoff_boxes text[], as_of timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    create temp table came on commit drop as
    select
        j.journal_id,
        j.effective_date,
        l.contract_id,
        l.amount_cents,
        c.product,
        x.is_meant
    from (
        -- came to the payoff P.O. box, or for a contract with a quote, or left a loan owing nothing
        select i.item_id, i.contract_id, bool_or(i.is_meant) as is_meant
        from (
            select s.item_id, null::bigint as contract_id, true as is_meant
            from batch as b
            inner join item as s on b.batch_id = s.batch_id
            where b.business_date between day - 7 and day and b.box = any(payoff_boxes)
            union all
            select k.item_id, null, false
            from payoff_quote as q
            inner join entry as e on q.contract_id = e.contract_id
            inner join journal as k
                on e.journal_id = k.journal_id and k.source_kind in ('item', 'identification')
            where q.ending is distinct from 'paid' and q.good_through >= day - 7 and k.business_date >= day - 7
            union all
            select k.item_id, k.contract_id, true
            from last_payments(lender, day, tolerance_cents) as k
        ) as i
        group by i.item_id, i.contract_id
    ) as x
    inner join journal as j on x.item_id = j.item_id and j.source_kind in ('item', 'identification')
    inner join lateral (
        select d.contract_id, d.amount_cents
        from newest_decision(j.item_id) as n
        inner join decision_line as d on n.decision_id = d.decision_id
        where j.source_kind = 'item' and n.outcome = 'post'
        union all
        select s.contract_id, s.amount_cents
        from suspense_line as s
        where
            j.source_key not like '%/kept'
            and s.work_id = case when j.source_kind = 'identification' then split_part(j.source_key, '/', 1)::bigint end
            and s.line_no = case when j.source_kind = 'identification' then split_part(j.source_key, '/', 2)::int end
    ) as l on coalesce(x.contract_id, l.contract_id) = l.contract_id
    inner join contract as c on l.contract_id = c.contract_id and c.lender_id = lender
    where
        -- what is kept unapplied until a later day is applied in that day's night, and looked at in the one after
        (j.business_date <= day and j.effective_date <= j.business_date or j.effective_date < day)
        and not exists (select from journal as r where r.reverses = j.journal_id)
        and not exists (select from not_open_yet(day) as o where o.contract_id = l.contract_id);
    analyze came;

    perform take_tenders(lender, day, tolerance_cents, as_of);
    perform note_liens(lender, day, as_of);
    drop table came;

    update payoff_quote as q set ending = 'expired', ended_on = day
    from contract as c
    where q.ending is null and q.good_through <= day and q.contract_id = c.contract_id and c.lender_id = lender;
    get diagnostics n = row_count;
    if n > 0 then
        perform note_event('info', 'quotes_expired', 'night/' || day, '', n || ' payoff quotes expired unpaid', as_of);
    end if;
    return n;
end $$;

-- The checks that left loans owing no more than is waived, whatever they were meant for and however they came: of each
-- loan the last one that paid something. Not of loans that were paid, or charged off, before.
create or replace function last_payments(lender text, day date, tolerance_cents bigint)
returns table (item_id bigint, contract_id bigint) language sql stable as $$
    select k.item_id, p.contract_id
    from position as p
    inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender and c.product = 'loan'
    cross join lateral (
        select j.item_id
        from entry as e
        inner join journal as j on e.journal_id = j.journal_id
        where
            e.contract_id = p.contract_id and e.account like 'receivable.%'
            and j.source_kind in ('item', 'identification', 'application') and j.item_id is not null
            and j.business_date between day - 7 and day
            and not exists (select from journal as r where r.reverses = j.journal_id)
        order by j.journal_id desc
        limit 1
    ) as k
    where
        p.principal_cents + p.interest_cents + p.fee_cents <= tolerance_cents
        and p.metro2 not in ('13', '63', '64', '97') -- no night has seen it paid yet
        and p.contract_id not in (
            select f.contract_id from contract_flag as f
            where f.flag = 'charged_off' and in_force(f.valid_from, f.valid_to, day)
        )
        and not exists (
            select from payoff_tender as t
            where
                t.contract_id = p.contract_id and t.result <> 'short'
                and not exists (select from journal as r where r.reverses = t.journal_id)
        )
$$;

-- The tenders among the payments of the temp table `came`. A lease is bought if the money suffices; a shortage
-- within the tolerance is waived (an exception with a policy), and the night refunds an overpayment.
create or replace function take_tenders(lender text, day date, tolerance_cents bigint, as_of timestamptz) returns void
language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    create temp table tender on commit drop as
    select distinct on (m.journal_id, m.contract_id)
        m.*,
        q.quote_id,
        greatest(o.owed_cents - p.unapplied_cents, 0) as short_cents,
        greatest(p.unapplied_cents - o.owed_cents, 0) as over_cents
    from came as m
    inner join position as p on m.contract_id = p.contract_id
    cross join lateral payoff_cents(m.contract_id, day) as o (owed_cents)
    left join payoff_quote as q
        on m.contract_id = q.contract_id and m.effective_date between q.quoted_on and q.good_through
        and q.ending is distinct from 'paid'
        and abs(m.amount_cents - q.amount_cents) <= tolerance_cents
    where
        (q.quote_id is not null or m.is_meant)
        and not exists (
            select from payoff_tender as t
            where t.journal_id = m.journal_id and t.contract_id = m.contract_id
        )
    order by m.journal_id, m.contract_id, abs(m.amount_cents - q.amount_cents), q.quote_id;
    insert into payoff_tender (
        journal_id, contract_id, quote_id, tendered_on, amount_cents, result, short_cents, over_cents, noted_on
    )
    select
        t.journal_id,
        t.contract_id,
        t.quote_id,
        t.effective_date,
        t.amount_cents,
        case
            when t.short_cents = 0 then 'paid'
            when t.short_cents <= tolerance_cents then 'short_accepted'
            else 'short'
        end,
        t.short_cents,
        t.over_cents,
        day
    from tender as t;
    update payoff_quote as q set ending = 'paid', ended_on = day
    from tender as t
    where
        q.contract_id = t.contract_id and t.short_cents <= tolerance_cents
        and (q.ending is null or q.quote_id = t.quote_id); -- expired before a payment in time was posted

    with noted as (
        insert into contract_event (contract_id, kind, effective_on, facts, reason, maker, noted_at)
        select
            t.contract_id, 'buyout', day,
            jsonb_build_object('payments', jsonb_agg(t.journal_id order by t.journal_id)), -- undone if one comes back
            'payoff tendered', 'engine', as_of
        from tender as t
        inner join position as p on t.contract_id = p.contract_id and p.ended_on is null
        where t.product = 'lease' and t.short_cents <= tolerance_cents
        group by t.contract_id
        on conflict do nothing
        returning event_id, contract_id
    )

    select count(end_lease(e.contract_id, 'buyout/' || e.event_id, day, b.rent, b.fee, b.tax, as_of, 'engine')) into n
    from noted as e cross join lateral buyout_charges(e.contract_id) as b;

    perform note_event(
        'warning',
        'payoff',
        'contract/' || c.account_number,
        t.journal_id::text,
        'a payoff check of $' || (t.amount_cents / 100.0)::numeric(14, 2) || ' is short by $'
        || (t.short_cents / 100.0)::numeric(14, 2) || ': posted as an ordinary payment',
        as_of
    )
    from tender as t
    inner join contract as c on t.contract_id = c.contract_id
    where t.short_cents > tolerance_cents;
    perform settle_events(array['payoff', 'quote_withdrawn'], 'contract/' || c.account_number, as_of)
    from tender as t
    inner join contract as c on t.contract_id = c.contract_id
    where t.short_cents <= tolerance_cents;
    drop table tender;

    -- The night pays a lease's last rent out of its unapplied money: a shortage that remains is waived the night after.
    select count(write_off(
        t.contract_id, 'payoff', c.account_number || '/' || t.journal_id || '/' || tolerance_cents, day,
        tolerance_cents, as_of, 'engine'
    )) into n
    from payoff_tender as t
    inner join contract as c on t.contract_id = c.contract_id and c.lender_id = lender
    inner join position as p on t.contract_id = p.contract_id and p.unapplied_cents = 0
    where
        t.result = 'short_accepted'
        and t.noted_on >= day - 7
        and not exists (select from journal as r where r.reverses = t.journal_id)
        and not exists ( -- waived already: what is owed since then is no shortage of the payoff
            select from journal as w
            where
                w.source_kind = 'payoff'
                and w.source_key = c.account_number || '/' || t.journal_id || '/' || tolerance_cents
        )
        and p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents
        between 1 and tolerance_cents;
end $$;

-- The lien-release rule of a state on a day. A lien must not be forgotten because a row is missing: without one the
-- night stops, as the payoff quote does (Rules.lien_release). LB003 becomes a SettingsError (lockbox.db).
create or replace function lien_release_on(lender text, of_state text, day date) returns lien_release_rule
language plpgsql stable as $$
declare
    in_force lien_release_rule;
begin
    select x.* into in_force
    from lien_release_rule as x
    where x.lender_id = lender and x.state in (of_state, '*') and x.valid_from <= day
    order by x.state = '*', x.valid_from desc
    limit 1;
    if not found then
        raise exception 'no lien-release rule for % on %', of_state, day using errcode = 'LB003';
    end if;
    return in_force;
end $$;

-- Liens: due for release once the last of the debt was paid, withdrawn when that payment was returned; an overdue one
-- becomes an event.
create or replace function note_liens(lender text, day date, as_of timestamptz) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
begin
    insert into lien_release (contract_id, paid_on, due_on, source, noted_on)
    select q.contract_id, q.paid_on, q.paid_on + r.days, r.source, day
    from (
        select
            p.contract_id,
            c.state,
            (
                select max(j.effective_date)
                from entry as e
                inner join journal as j on e.journal_id = j.journal_id
                where e.contract_id = p.contract_id and j.source_kind in ('item', 'identification', 'application', 'payoff')
            ) as paid_on
        from position as p
        inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender
        where
            p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents = 0
            and (
                c.product = 'loan'
                or (
                    p.ended_on is not null
                    and exists (
                        select from contract_event as v
                        where
                            v.contract_id = c.contract_id and v.kind = 'buyout'
                            and not exists (
                                select from contract_event as u
                                where
                                    u.contract_id = v.contract_id and u.kind = 'buyout_undone'
                                    and u.facts ->> 'event_id' = v.event_id::text
                            )
                    )
                )
            )
            and not exists (
                select from contract_event as v
                where
                    v.contract_id = c.contract_id and v.kind = 'charge_off'
                    and not exists (
                        select from contract_event as u
                        where
                            u.contract_id = v.contract_id and u.kind = 'charge_off_undone'
                            and u.facts ->> 'event_id' = v.event_id::text
                    )
            )
            and not exists (
                select from lien_release as x where x.contract_id = c.contract_id and x.withdrawn_on is null
            )
    ) as q
    cross join lateral lien_release_on(lender, q.state, q.paid_on) as r
    where q.paid_on is not null -- what was taken over with nothing owed got its lien release elsewhere
    on conflict (contract_id, paid_on) do update -- changed terms left something owed, and were changed back
    set withdrawn_on = null, due_on = excluded.due_on, source = excluded.source, noted_on = excluded.noted_on;

    with gone as (
        update lien_release as l set withdrawn_on = day
        from position as p
        where
            l.contract_id = p.contract_id and l.withdrawn_on is null
            and l.contract_id in (
                select e.contract_id
                from journal as j
                inner join entry as e on j.journal_id = e.journal_id
                where j.business_date between day - 1 and day and j.source_kind = 'reversal'
            )
            and p.principal_cents + p.interest_cents + p.rent_cents + p.tax_cents > 0
        returning l.contract_id, l.released_on
    ),

    remark as (
        select
            g.contract_id,
            'lien_returned' as kind,
            'the lien was released on ' || g.released_on || ', but the last payment was returned' as message
        from gone as g
        where g.released_on is not null
        union all
        select l.contract_id, 'lien_overdue', 'lien release overdue since ' || l.due_on || ' (' || l.source || ')'
        from lien_release as l
        where l.due_on < day and l.released_on is null and l.withdrawn_on is null
    )

    select count(note_event('warning', t.kind, 'contract/' || c.account_number, '', t.message, as_of)) into n
    from remark as t
    inner join contract as c on t.contract_id = c.contract_id and c.lender_id = lender;
    perform settle_events(array['lien_overdue'], o.scope, as_of)
    from ops_event as o
    inner join contract as c on o.scope = 'contract/' || c.account_number and c.lender_id = lender
    where
        o.kind = 'lien_overdue' and o.closed_at is null
        and not exists (
            select from lien_release as l
            where l.contract_id = c.contract_id and l.released_on is null and l.withdrawn_on is null
        );
end $$;

-- A lien was released; returns whether one was due for release.
create or replace function release_lien(contract bigint, on_day date) returns boolean language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    update lien_release as l set released_on = on_day
    where l.contract_id = contract and l.released_on is null and l.withdrawn_on is null;
    return found;
end $$;
