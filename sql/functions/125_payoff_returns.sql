-- What a payoff that comes back undoes beside the ledger (lockbox.servicing.payoff_returns): the sale of a leased
-- vehicle, the quotes that it had closed, the release of the lien.

-- Undoes the buyouts that the night made of a payment: each is recorded as undone, and the lease goes on. Gives their
-- contracts. The journals of their end are reversed with the payment.
create or replace function undo_buyouts(payment bigint, business_on date, as_of timestamptz, by text)
returns table (contract_id bigint) language plpgsql
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with undone as (
        insert into contract_event (contract_id, kind, effective_on, facts, reason, maker, noted_at)
        select
            v.contract_id, 'buyout_undone', business_on, jsonb_build_object('event_id', v.event_id),
            'its payoff was taken back', by, as_of
        from entry as e
        inner join contract_event as v on e.contract_id = v.contract_id and v.kind = 'buyout'
        where
            e.journal_id = payment
            and v.facts -> 'payments' @> to_jsonb(payment)
            and not exists (
                select from contract_event as u
                where
                    u.contract_id = v.contract_id and u.kind = 'buyout_undone'
                    and u.facts ->> 'event_id' = v.event_id::text
            )
        group by v.event_id
        returning contract_id
    ),

    resumed as (
        update position as p
        set ended_on = ( -- of a lease that was charged off since then
            select min(v.effective_on) from contract_event as v
            where
                v.contract_id = p.contract_id and v.kind = 'charge_off'
                and not exists (
                    select from contract_event as x
                    where
                        x.contract_id = v.contract_id and x.kind = 'charge_off_undone'
                        and x.facts ->> 'event_id' = v.event_id::text
                )
        )
        from undone as u
        where p.contract_id = u.contract_id
        returning p.contract_id
    )

    select r.contract_id from resumed as r;
end $$;

-- Lets leases that go on be billed again, once the charges of their end are reversed.
create or replace function resume_leases(contracts bigint[]) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    -- kept, though nothing is owed on it any more: a check that paid some of it may come back yet
    update installment as i set amount_cents = 0, tax_cents = 0
    where i.contract_id = any(contracts) and i.installment_no = 0 and i.credited_cents = 0;
    perform mark_billed(contracts);
end $$;

-- Reopens the quotes and stops the liens of contracts whose payoff was taken back, and gives what a person must know of
-- each: nothing where the contract is still paid off. `resumed`: the leases that go on.
create or replace function reopen_payoffs(payment bigint, resumed bigint[], business_on date)
returns table (account_number text, owed_cents bigint, is_resumed boolean, released_on date, is_stopped boolean)
language plpgsql
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
    create temp table again_owed on commit drop as
    select
        p.contract_id,
        c.account_number,
        p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents as owed_cents,
        p.contract_id = any(resumed) as is_resumed
    from position as p
    inner join contract as c on p.contract_id = c.contract_id
    where
        p.contract_id in (select e.contract_id from entry as e where e.journal_id = payment)
        and (
            p.contract_id = any(resumed)
            or (
                p.principal_cents + p.interest_cents + p.rent_cents + p.tax_cents > 0
                and (
                    exists (
                        select from payoff_tender as t where t.contract_id = p.contract_id and t.result <> 'short'
                    )
                    or exists (
                        select from lien_release as l where l.contract_id = p.contract_id and l.withdrawn_on is null
                    )
                )
            )
        );

    update payoff_quote as q
    set
        ending = case when q.good_through < business_on then 'expired' end,
        ended_on = case when q.good_through < business_on then business_on end
    from payoff_tender as t
    where
        t.journal_id = payment and t.contract_id in (select a.contract_id from again_owed as a)
        and q.contract_id = t.contract_id and q.ending = 'paid' and q.ended_on = t.noted_on;

    return query
    with stopped as (
        update lien_release as l set withdrawn_on = business_on
        where l.withdrawn_on is null and l.contract_id in (select a.contract_id from again_owed as a)
        returning l.contract_id, l.released_on
    )

    select a.account_number, a.owed_cents::bigint, a.is_resumed, s.released_on, s.contract_id is not null
    from again_owed as a
    left join stopped as s on a.contract_id = s.contract_id
    order by a.account_number;
    drop table again_owed;
end $$;
