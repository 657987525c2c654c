-- 2. Bills all installments whose billing day has come; a lease owes rent and tax from now on.
create or replace function night_bill(lender text, day date, days_before int, as_of timestamptz) returns bigint
language plpgsql security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    n bigint;
begin
    create temp table billed on commit drop as
    select
        p.contract_id,
        c.product,
        n.installment_no,
        n.due_on,
        r.amount_cents + r.tax_cents as amount_cents,
        r.tax_cents,
        c.product = 'loan' and not exists (
            select from schedule_run as later
            where
                later.contract_id = p.contract_id and later.version = p.terms_version
                and later.first_no + later.count - 1 > n.installment_no
        ) as is_last
    from position as p
    inner join contract as c on p.contract_id = c.contract_id and c.lender_id = lender
    inner join schedule_run as r
        on
            p.contract_id = r.contract_id and p.terms_version = r.version and r.first_no + r.count > p.next_no
            and r.first_due_on <= day + days_before
    cross join lateral ( -- usually one; several where a lease is extended late, or its runs are due days apart
        select
            g as installment_no,
            installment_due_on(r.first_due_on, r.due_day, g - r.first_no) as due_on
        from generate_series(
            greatest(r.first_no, p.next_no),
            least(r.first_no + r.count - 1, r.first_no + calendar_months(r.first_due_on, day + days_before))
        ) as g
    ) as n
    where
        p.next_due_on <= day + days_before
        and n.due_on <= day + days_before
        and p.ended_on is null
        and (c.product = 'lease' or p.principal_cents + p.interest_cents > 0)
        and p.contract_id not in (select o.contract_id from not_open_yet(day) as o)
    order by p.contract_id, n.installment_no
    for no key update of p;
    analyze billed;
    insert into installment (contract_id, installment_no, due_on, amount_cents, tax_cents, is_last, billed_on)
    select contract_id, installment_no, due_on, amount_cents, tax_cents, is_last, day from billed
    on conflict (contract_id, installment_no) do update set -- billed too early before, and taken back
        due_on = excluded.due_on, amount_cents = excluded.amount_cents, tax_cents = excluded.tax_cents,
        is_last = excluded.is_last, billed_on = excluded.billed_on
    where installment.billed_on is null;
    get diagnostics n = row_count;
    perform mark_billed(array(select contract_id from billed));
    with made as (
        insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
        select 'billing', lender || '/' || day, day, day, as_of, 'night'
        where exists (select from billed where product = 'lease')
        on conflict do nothing
        returning journal_id
    ),

    line as (
        select b.contract_id, 'receivable.rent' as account, b.amount_cents - b.tax_cents as cents
        from billed as b
        where b.product = 'lease'
        union all
        select b.contract_id, 'receivable.tax', b.tax_cents
        from billed as b
        where b.product = 'lease' and b.tax_cents > 0
        union all
        select null, 'income.rent', -sum(b.amount_cents - b.tax_cents)
        from billed as b
        where b.product = 'lease'
        union all
        select null, 'liability.sales_tax', -sum(b.tax_cents)
        from billed as b
        where b.product = 'lease'
        having sum(b.tax_cents) > 0
    )

    insert into entry (journal_id, line_no, account, amount_cents, contract_id)
    select m.journal_id, row_number() over (order by l.contract_id nulls last, l.account), l.account, l.cents,
        l.contract_id
    from made as m cross join line as l;
    drop table billed;
    return n;
end $$;
