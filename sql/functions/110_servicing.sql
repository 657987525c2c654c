-- What a person decides about a contract, in the ledger: the end of a lease, a write-off. What moves
-- money is called on the day under way, after the nights before it (lockbox.servicing.actions). For an earlier day a
-- correction posts it (lockbox.servicing.correction).

-- Ends a lease on a day: nothing more is billed. Rent and tax of the end are its installment 0. False if it had ended.
create or replace function stop_lease(contract bigint, on_day date, rent bigint, tax bigint) returns boolean
language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    update position as p set ended_on = on_day, next_no = null, next_due_on = null
    where p.contract_id = contract and p.ended_on is null;
    if not found then
        return false;
    end if;
    insert into installment (contract_id, installment_no, due_on, amount_cents, tax_cents, is_last, billed_on)
    select contract, 0, on_day, rent + tax, tax, false, on_day
    where rent + tax > 0
    on conflict (contract_id, installment_no) do update set -- it had ended before, and that was undone
        due_on = excluded.due_on, amount_cents = excluded.amount_cents, tax_cents = excluded.tax_cents,
        billed_on = excluded.billed_on;
    return true;
end $$;

-- Ends a lease; the charges of its end are owed at once. Returns the journal, or null if the end costs nothing.
create or replace function end_lease(
    contract bigint, key text, on_day date, rent bigint, fee bigint, tax bigint, as_of timestamptz, by text
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    lines jsonb;
begin
    if not stop_lease(contract, on_day, rent, tax) then
        raise exception 'contract %: not a lease that goes on', contract using errcode = 'check_violation';
    end if;
    select jsonb_agg(to_jsonb(x)) into lines
    from (
        values
        ('receivable.rent', rent, contract), ('receivable.fee', fee, contract), ('receivable.tax', tax, contract),
        ('income.rent', -rent, null), ('income.fee', -fee, null), ('liability.sales_tax', -tax, null)
    ) as x (account, amount_cents, contract_id)
    where x.amount_cents <> 0;
    if lines is null then
        return null;
    end if;
    return post_journal('lease_end', key, null, null, on_day, on_day, as_of, by, null, lines);
end $$;

-- How what is payable to the customer pays what the contract owes on a day, due or not: [{bucket, no, cents}], `no` of
-- the installment. Nothing where a flag forbids the set-off. The caller has locked the position and posts it.
create or replace function set_off(contract bigint, on_day date) returns jsonb language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    parts jsonb;
begin
    create temp table pay on commit drop as
    select 1 as pay_no, p.contract_id, p.refund_cents as amount_cents, null::text as excess
    from position as p
    where p.contract_id = contract and p.refund_cents > 0 and may_set_off(contract, on_day);
    perform allocate_payments(on_day, on_day);
    select jsonb_agg(jsonb_build_object('bucket', a.bucket, 'no', a.installment_no, 'cents', a.amount_cents)) into parts
    from pay_part as a;
    perform drop_allocation();
    drop table pay;
    return coalesce(parts, '[]');
end $$;

-- Writes off all that a contract owes, if it is no more than the limit (null: no limit): against expense.payoff, or for
-- a charge-off against the loss accounts of its parts (lockbox/contract/loss.py says why), less what is set off. The
-- open installments of a lease count as settled; a lease that is charged off bills nothing more. Returns the journal,
-- or null if nothing was written off.
create or replace function write_off(
    contract bigint, kind text, key text, on_day date, limit_cents bigint, as_of timestamptz, by text
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    p record;
    owed bigint;
    is_lease boolean;
    parts jsonb := '[]';
    made bigint;
begin
    select * into strict p from position as q where q.contract_id = contract for no key update;
    select c.product = 'lease' into strict is_lease from contract as c where c.contract_id = contract;
    owed := p.principal_cents + p.interest_cents + p.fee_cents + p.rent_cents + p.tax_cents;
    if owed > limit_cents then
        return null;
    end if;
    if is_lease and kind = 'charge_off' then
        update position as q set ended_on = coalesce(q.ended_on, on_day), next_no = null, next_due_on = null
        where q.contract_id = contract;
    end if;
    if owed = 0 then
        return null;
    end if;
    if kind = 'charge_off' then
        parts := set_off(contract, on_day);
    end if;
    update position as q set base_cents = 0, fee_ahead_cents = 0 where q.contract_id = contract;
    made := post_journal(
        kind, key, null, null, on_day, on_day, as_of, by, null,
        (
            select jsonb_agg(jsonb_build_object(
                'account', x.account, 'amount_cents', x.cents, 'contract_id', contract
            ))
            from (
                values
                ('receivable.principal', 'expense.charge_off.principal', p.principal_cents),
                ('receivable.interest', 'income.charge_off.interest', p.interest_cents),
                ('receivable.fee', 'income.charge_off.fee', p.fee_cents),
                ('receivable.rent', 'income.charge_off.rent', p.rent_cents),
                ('receivable.tax', 'expense.charge_off.tax', p.tax_cents),
                (null, 'expense.payoff', owed)
            ) as w (receivable, loss, cents)
            cross join lateral (
                select coalesce(sum(a.cents), 0)::bigint as cents
                from jsonb_to_recordset(parts) as a (bucket text, cents bigint)
                where 'receivable.' || a.bucket = w.receivable
            ) as s
            cross join lateral (
                values
                (w.receivable, -w.cents),
                ('payable.refund', s.cents),
                (case when (w.receivable is null) = (kind = 'payoff') then w.loss end, w.cents - s.cents)
            ) as x (account, cents)
            where x.account is not null and x.cents <> 0
        ),
        coalesce((
            select jsonb_agg(jsonb_build_object(
                'contract_id', contract, 'installment_no', x.no, 'amount_cents', x.cents, 'credited_on', on_day
            ))
            from (
                select i.installment_no as no, i.amount_cents - i.credited_cents as cents
                from installment as i
                where is_lease and i.contract_id = contract and i.credited_cents < i.amount_cents
                union all
                select a.no, sum(a.cents)
                from jsonb_to_recordset(parts) as a (no int, cents bigint)
                where not is_lease and a.no > 0
                group by a.no
            ) as x
        ), '[]')
    );
    perform trim_refunds(array[contract], on_day, as_of);
    return made;
end $$;

-- Ends the flag of a charge-off that is undone, as if it had never been set.
create or replace function end_charge_off(contract bigint, charged_off_on date) returns void language sql
security definer set search_path = public, pg_temp as $$
    delete from contract_flag as f
    where f.contract_id = contract and f.flag = 'charged_off' and f.valid_from = charged_off_on;
$$;

-- Lets a lease go on whose charge-off is undone: it is billed again.
create or replace function resume_lease(contract bigint) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    update position as p set ended_on = null where p.contract_id = contract;
    perform resume_leases(array[contract]);
end $$;

-- Turns money of a charged-off contract into income as of a day, up to a limit: what is unapplied, oldest check first,
-- one journal for each check; then what is payable to the customer and not paid out. Returns the cents.
create or replace function recover(
    contract bigint, key text, business_on date, on_day date, limit_cents bigint, as_of timestamptz, by text
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    recovered bigint;
begin
    with spare as (
        select
            u.item_id::text as source,
            u.item_id,
            'suspense.unapplied' as account,
            u.amount_cents,
            i.place
        from unapplied_open as u
        cross join lateral unapplied_place(u.contract_id, u.item_id) as i
        where
            u.contract_id = contract and u.amount_cents > 0
            -- what came after an earlier day's cut-off is there from the night of its own day on
            and (
                i.effective_on is null or i.effective_on < on_day
                or i.effective_on = on_day and i.place not like '%/1/%'
            )
        union all
        select 'refund', null, 'payable.refund', p.refund_cents, null
        from position as p
        where p.contract_id = contract and p.refund_cents > 0
    ),

    taken as (
        select
            s.*,
            least(s.amount_cents, limit_cents - sum(s.amount_cents) over w + s.amount_cents)::bigint as cents
        from spare as s
        window w as (order by s.place nulls last)
    ),

    made as (
        select t.cents, post_journal(
            'recovery', key || '/' || coalesce(t.source, 'opening'), o.site_id, t.item_id, business_on, on_day,
            as_of, by, null, jsonb_build_array(
                jsonb_build_object('account', t.account, 'amount_cents', t.cents, 'contract_id', contract),
                jsonb_build_object('account', 'income.recovery', 'amount_cents', -t.cents, 'contract_id', contract)
            )
        ) as journal_id
        from taken as t
        left join lateral payment_journal(t.item_id, contract) as o on true
        where t.cents > 0
    )

    select coalesce(sum(m.cents), 0)::bigint into recovered from made as m where m.journal_id is not null;
    perform trim_refunds(array[contract], business_on, as_of);
    return recovered;
end $$;
