-- What terms that change undo beside the ledger (lockbox.servicing.payoff_terms): quotes given under other terms, and
-- the release of a lien where a contract that was paid off owes again.

-- Withdraws the quotes that changed terms make wrong: those that still stand and whose good-through date comes after
-- the first day of the terms; stops the liens of contracts that owe again. `starts`: [{contract_id, valid_from}]. Each
-- is an event. Returns how many.
create or replace function withdraw_payoffs(starts jsonb, as_of timestamptz) returns bigint
language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n bigint;
    liens bigint;
    -- the day under way
    business_on date := coalesce(
        (select max(x.business_date) + 1 from night as x), (select max(p.accrued_through) + 1 from position as p)
    );
begin
    with started as (
        select s.contract_id, min(s.valid_from) as valid_from
        from jsonb_to_recordset(starts) as s (contract_id bigint, valid_from date)
        group by s.contract_id
    ),

    withdrawn as (
        update payoff_quote as q set ending = 'withdrawn', ended_on = business_on
        from started as s
        where q.contract_id = s.contract_id and q.ending is null and q.good_through > s.valid_from
        returning q.contract_id, q.quote_id, q.amount_cents, q.good_through, s.valid_from
    )

    select count(note_event(
        'warning', 'quote_withdrawn', 'contract/' || c.account_number, w.quote_id::text,
        'payoff quote ' || w.quote_id || ' of $' || (w.amount_cents / 100.0)::numeric(14, 2) || ', good through '
        || w.good_through || ', is withdrawn: terms changed from ' || w.valid_from
        || ' on. Tell the customer, and quote anew',
        as_of
    )) into n
    from withdrawn as w
    inner join contract as c on w.contract_id = c.contract_id;

    with stopped as (
        update lien_release as l set withdrawn_on = business_on
        from position as p
        where
            l.withdrawn_on is null and l.contract_id = p.contract_id
            and p.contract_id in (
                select s.contract_id from jsonb_to_recordset(starts) as s (contract_id bigint)
            )
            and p.principal_cents + p.interest_cents + p.rent_cents + p.tax_cents > 0
        returning
            l.contract_id, l.paid_on, l.released_on,
            (p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents) as owed_cents
    )

    select count(note_event(
        'warning', 'lien_returned', 'contract/' || c.account_number, 'terms/' || s.paid_on,
        'paid off on ' || s.paid_on || ', but changed terms leave $' || (s.owed_cents / 100.0)::numeric(14, 2) || ' owed; '
        || coalesce('the lien was released on ' || s.released_on, 'do not release the lien'),
        as_of
    )) into liens
    from stopped as s
    inner join contract as c on s.contract_id = c.contract_id;
    perform settle_events(array['lien_overdue'], 'contract/' || c.account_number, as_of)
    from contract as c
    where
        c.contract_id in (select s.contract_id from jsonb_to_recordset(starts) as s (contract_id bigint))
        and not exists (
            select from lien_release as l
            where l.contract_id = c.contract_id and l.released_on is null and l.withdrawn_on is null
        );
    return n + liens;
end $$;
