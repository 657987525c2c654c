-- Locks contracts, in order as every posting does: nothing else is posted on them until the transaction ends.
create or replace function lock_contracts(contracts bigint[]) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    perform from position as p where p.contract_id = any(contracts) order by p.contract_id for no key update;
end $$;

-- Posts a correction: reversals, a fee, adjustments, what the bank took back of a deposit, what a person decided for an
-- earlier day. All in one statement, because only together do they leave every balance at 0 or above.
-- `journals`: [{kind, key, site, item, effective_on, reverses, reason, lines: [{account, amount_cents, contract_id}],
-- credits: [{contract_id, installment_no, amount_cents, credited_on}]}]. `contracts`, what is kept beside the ledger:
-- [{contract_id, key (of its adjustment), last_night, carry, base_cents, period_cents, fee_ahead_cents, terms_version,
-- rewritten (billed installments as the terms have them now): [{no, due_on, amount_cents, tax_cents, is_last}],
-- fees_gone: [{no, on}], fees_new: [{no, on, cents}], to_bill: [{no, due_on, amount_cents, tax_cents, is_last}],
-- unbilled: [no], assessed: [{no, on_time_until, fee_cents}]}]. A journal that is there already is an error (I4). Gives
-- the number of journals.
create or replace function post_correction(
    journals jsonb, contracts jsonb, business_on date, as_of timestamptz, by text
) returns int language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    n int;
    again bigint[];
begin
    if exists (
        select from jsonb_to_recordset(journals) as w (kind text)
        where w.kind not in ('reversal', 'adjustment', 'fee', 'deposit', 'lease_end', 'charge_off', 'waiver', 'interest_waiver')
    ) then
        raise exception 'not a journal of a correction' using errcode = 'check_violation';
    end if;
    perform from position as p
    where p.contract_id in (select c.contract_id from jsonb_to_recordset(contracts) as c (contract_id bigint))
    order by p.contract_id
    for no key update;

    -- No installment may have more credit than it asks for, neither before the credits are moved nor after it.
    create temp table rewritten on commit drop as
    select c.contract_id, w.*
    from jsonb_to_recordset(contracts) as c (contract_id bigint, rewritten jsonb)
    cross join lateral jsonb_to_recordset(c.rewritten) as w (
        no int, due_on date, amount_cents bigint, tax_cents bigint, is_last boolean
    );
    update installment as i
    set
        due_on = w.due_on,
        is_last = w.is_last,
        amount_cents = greatest(i.amount_cents, w.amount_cents, i.credited_cents)
    from rewritten as w
    where i.contract_id = w.contract_id and i.installment_no = w.no;
    create temp table changed on commit drop as
    select c.contract_id, c.terms_version, p.terms_version <> c.terms_version as has_new_terms
    from jsonb_to_recordset(contracts) as c (contract_id bigint, terms_version int, to_bill jsonb, rewritten jsonb)
    inner join position as p on c.contract_id = p.contract_id
    where
        p.terms_version <> c.terms_version
        or jsonb_array_length(c.to_bill) > 0 or jsonb_array_length(c.rewritten) > 0;
    update position as p set terms_version = h.terms_version
    from changed as h
    where p.contract_id = h.contract_id and h.has_new_terms;

    -- Installments that got money before they were billed, or that a payoff had made needless.
    insert into installment (contract_id, installment_no, due_on, amount_cents, tax_cents, is_last, billed_on)
    select c.contract_id, b.no, b.due_on, b.amount_cents, b.tax_cents, b.is_last, business_on
    from jsonb_to_recordset(contracts) as c (contract_id bigint, to_bill jsonb)
    cross join lateral jsonb_to_recordset(c.to_bill) as b (
        no int, due_on date, amount_cents bigint, tax_cents bigint, is_last boolean
    )
    on conflict (contract_id, installment_no) do update set
        due_on = excluded.due_on, amount_cents = excluded.amount_cents, tax_cents = excluded.tax_cents,
        is_last = excluded.is_last, billed_on = excluded.billed_on
    where installment.billed_on is null;
    perform mark_billed(array(select h.contract_id from changed as h));

    create temp table corrected on commit drop as
    select null::bigint as journal_id, null::text as kind, null::text as key where false;
    with wanted as (
        select w.*
        from jsonb_to_recordset(journals) as w (
            kind text, key text, site text, item bigint, effective_on date, reverses bigint, reason text, lines jsonb
        )
    ),

    made as (
        insert into journal (
            source_kind, source_key, site_id, item_id, business_date, effective_date, posted_at, maker, reverses, reason
        )
        select
            w.kind, w.key, w.site, w.item, business_on, w.effective_on, as_of, by, w.reverses, coalesce(w.reason, '')
        from wanted as w
        returning journal_id, source_kind, source_key
    ),

    body as (
        insert into entry (journal_id, line_no, account, amount_cents, contract_id)
        select
            m.journal_id,
            l.line_no,
            l.line ->> 'account',
            (l.line ->> 'amount_cents')::bigint,
            (l.line ->> 'contract_id')::bigint
        from made as m
        inner join wanted as w on m.source_kind = w.kind and m.source_key = w.key
        cross join jsonb_array_elements(w.lines) with ordinality as l (line, line_no)
    )

    insert into corrected select journal_id, source_kind, source_key from made;
    get diagnostics n = row_count;
    insert into installment_credit (journal_id, contract_id, installment_no, amount_cents, credited_on)
    select k.journal_id, c.contract_id, c.installment_no, c.amount_cents, c.credited_on
    from jsonb_to_recordset(journals) as w (kind text, key text, credits jsonb)
    inner join corrected as k on w.kind = k.kind and w.key = k.key
    cross join lateral jsonb_to_recordset(w.credits) as c (
        contract_id bigint, installment_no int, amount_cents bigint, credited_on date
    );

    update installment as i set amount_cents = w.amount_cents, tax_cents = w.tax_cents
    from rewritten as w
    where i.contract_id = w.contract_id and i.installment_no = w.no;
    drop table rewritten, changed;

    -- Rents that were billed before it was known that their day comes later: a night bills them again.
    with unbilled as (
        update installment as i set amount_cents = 0, tax_cents = 0, billed_on = null
        from jsonb_to_recordset(contracts) as c (contract_id bigint, unbilled jsonb)
        cross join lateral jsonb_array_elements_text(c.unbilled) as u (no)
        where i.contract_id = c.contract_id and i.installment_no = u.no::int
        returning i.contract_id
    )

    select array_agg(distinct u.contract_id) into again from unbilled as u;
    perform mark_billed(again);

    update late_fee as f set reversed_by = k.journal_id
    from jsonb_to_recordset(contracts) as c (contract_id bigint, key text, fees_gone jsonb)
    inner join corrected as k on k.kind = 'adjustment' and c.key = k.key
    cross join lateral jsonb_to_recordset(c.fees_gone) as g (no int, "on" date)
    where
        f.contract_id = c.contract_id and f.installment_no = g.no and f.charged_on = g.on
        and f.reversed_by is null;
    insert into late_fee (contract_id, installment_no, charged_on, amount_cents, journal_id)
    select c.contract_id, g.no, g.on, g.cents, k.journal_id
    from jsonb_to_recordset(contracts) as c (contract_id bigint, key text, fees_new jsonb)
    inner join corrected as k on k.kind = 'adjustment' and c.key = k.key
    cross join lateral jsonb_to_recordset(c.fees_new) as g (no int, "on" date, cents bigint);
    drop table corrected;

    -- A fee that is assessed but belongs to a night to come is assessed again with what is known now.
    delete from late_fee_assessed as f
    using jsonb_to_recordset(contracts) as c (contract_id bigint, last_night date)
    where f.contract_id = c.contract_id and f.on_time_until = c.last_night;
    insert into late_fee_assessed (contract_id, installment_no, on_time_until, fee_cents)
    select c.contract_id, g.no, g.on_time_until, g.fee_cents
    from jsonb_to_recordset(contracts) as c (contract_id bigint, assessed jsonb)
    cross join lateral jsonb_to_recordset(c.assessed) as g (no int, on_time_until date, fee_cents bigint);

    update position as p
    set
        carry = c.carry,
        base_cents = c.base_cents,
        period_cents = c.period_cents,
        fee_ahead_cents = c.fee_ahead_cents,
        accrued_through = case -- a loan that was taken over before the last night
            when k.product = 'loan' then greatest(p.accrued_through, c.last_night) else p.accrued_through
        end
    from jsonb_to_recordset(contracts) as c (
        contract_id bigint, last_night date, carry bigint, base_cents bigint, period_cents bigint,
        fee_ahead_cents bigint
    )
    inner join contract as k on c.contract_id = k.contract_id
    where p.contract_id = c.contract_id;
    perform trim_refunds(
        array(select c.contract_id from jsonb_to_recordset(contracts) as c (contract_id bigint)), business_on, as_of
    );
    return n;
end $$;
