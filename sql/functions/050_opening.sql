-- The contracts that are taken over at the end of this day or of a later one: a contract's history begins there, and no
-- night before touches it. Nearly always none.
create or replace function not_open_yet(day date) returns table (contract_id bigint) language sql stable as $$
    select o.contract_id from opening as o where o.opened_on >= day
$$;

-- Takes over the staged contract master (temp tables of sql/load/master_stage.sql): adds what is not there yet, and
-- gives every new contract its position and one opening journal (Dr what it owes, Cr equity.opening). Returns the
-- number of rows added, by table.
create or replace function open_contracts(lender text, opening_on date, as_of timestamptz)
returns table (what text, added bigint) language plpgsql
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare
    n bigint;
begin
    insert into customer (lender_id, customer_no, name, address)
    select lender, customer_no, name, address from new_customer
    on conflict (lender_id, customer_no) do nothing;
    get diagnostics n = row_count;
    return query select 'customers', n;

    create temp table opened on commit drop as
    with made as (
        insert into contract (lender_id, account_number, customer_id, product, state, opened_on, original_cents)
        select u.lender_id, n.account_number, u.customer_id, n.product, n.state, n.opened_on, n.original_cents
        from new_contract as n
        inner join customer as u on n.customer_no = u.customer_no and u.lender_id = lender
        on conflict (lender_id, account_number) do nothing
        returning contract_id, account_number, product
    )

    select * from made;
    analyze opened;
    select count(*) into n from opened;
    return query select 'contracts', n;

    -- Known contracts may come with more versions of their terms, never with changed ones (master_conflicts).
    create temp table named on commit drop as
    select k.contract_id, k.account_number, o.contract_id is not null as is_new
    from (
        select c.account_number from new_contract as c
        union
        select t.account_number from new_terms as t
    ) as c
    inner join contract as k on c.account_number = k.account_number and k.lender_id = lender
    left join opened as o on k.contract_id = o.contract_id;
    analyze named;
    create temp table versions on commit drop as
    with made as (
        insert into contract_terms (
            contract_id, version, valid_from, rate_ppm, day_count, method, order_id, excess, noted_at
        )
        select
            k.contract_id, t.version, t.valid_from, t.rate_ppm, t.day_count, t.method, t.order_id, t.excess,
            case when not k.is_new then as_of end
        from new_terms as t
        inner join named as k on t.account_number = k.account_number
        on conflict (contract_id, version) do nothing
        returning contract_id, version
    )

    select m.contract_id, m.version, k.account_number
    from made as m inner join named as k on m.contract_id = k.contract_id;
    get diagnostics n = row_count;
    return query select 'terms', n;
    analyze versions;
    insert into schedule_run (
        contract_id, version, first_no, first_due_on, due_day, count, amount_cents, tax_cents
    )
    select v.contract_id, r.version, r.first_no, r.first_due_on, r.due_day, r.count, r.amount_cents, r.tax_cents
    from new_run as r
    inner join versions as v on r.account_number = v.account_number and r.version = v.version;
    insert into lease_terms (
        contract_id, version, term_months, residual_cents, disposition_fee_cents, purchase_fee_cents, allowed_miles,
        excess_mile_cents, tax_ppm
    )
    select
        v.contract_id, l.version, l.term_months, l.residual_cents, l.disposition_fee_cents, l.purchase_fee_cents,
        l.allowed_miles, l.excess_mile_cents, l.tax_ppm
    from new_lease as l
    inner join versions as v on l.account_number = v.account_number and l.version = v.version;
    perform decide_from(array(select distinct v.contract_id from versions as v where v.version > 1));

    insert into position (
        contract_id, terms_version, principal_cents, interest_cents, fee_cents, rent_cents, tax_cents, unapplied_cents,
        fee_ahead_cents, carry, base_cents, period_cents, accrued_through, next_no, next_due_on
    )
    select
        k.contract_id,
        (
            select t.version from contract_terms as t
            where t.contract_id = k.contract_id
            order by t.valid_from <= opening_on desc, abs(t.valid_from - opening_on), t.version desc
            limit 1
        ),
        o.principal_cents, o.interest_cents, o.fee_cents, o.rent_cents, o.tax_cents, o.unapplied_cents,
        o.fee_ahead_cents, o.carry, o.base_cents, o.period_cents, opening_on, o.next_no, o.next_due_on
    from new_opening as o
    inner join opened as k on o.account_number = k.account_number;
    insert into opening (
        contract_id, opened_on, carry, base_cents, period_cents, fee_ahead_cents, paid_through, billed_through
    )
    select
        k.contract_id, opening_on, o.carry, o.base_cents, o.period_cents, o.fee_ahead_cents, o.paid_through,
        o.billed_through
    from new_opening as o
    inner join opened as k on o.account_number = k.account_number;
    insert into installment (contract_id, installment_no, due_on, amount_cents, tax_cents, is_last, billed_on)
    select k.contract_id, i.installment_no, i.due_on, i.amount_cents, i.tax_cents, i.is_last, opening_on
    from new_installment as i
    inner join opened as k on i.account_number = k.account_number;

    create temp table opened_journal on commit drop as
    select null::bigint as journal_id, null::text as account_number where false;
    with line as (
        select
            k.account_number,
            k.contract_id,
            x.line_no,
            x.account,
            x.amount_cents,
            sum(x.amount_cents) over (partition by k.contract_id) as owed_cents,
            row_number() over (partition by k.contract_id order by x.line_no) as place
        from opened as k
        inner join new_opening as o on k.account_number = o.account_number
        cross join lateral (
            values
            (1, 'receivable.principal', o.principal_cents),
            (2, 'receivable.interest', o.interest_cents),
            (3, 'receivable.fee', o.fee_cents),
            (4, 'receivable.rent', o.rent_cents),
            (5, 'receivable.tax', o.tax_cents),
            (6, 'suspense.unapplied', -o.unapplied_cents)
        ) as x (line_no, account, amount_cents)
        where x.amount_cents <> 0
    ),

    -- owes nothing and has nothing, but was billed and paid what terms may still change: in and out
    settled as (
        select s.account_number, v.line_no, v.amount_cents
        from (
            select i.account_number, sum(i.credited_cents) as cents
            from new_installment as i
            inner join opened as k on i.account_number = k.account_number
            where not exists (select from line as l where l.account_number = i.account_number)
            group by i.account_number
        ) as s
        cross join lateral (values (8, s.cents), (9, -s.cents)) as v (line_no, amount_cents)
        where s.cents > 0
    ),

    made as (
        insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
        select 'opening', lender || '/' || l.account_number, opening_on, opening_on, as_of, 'master'
        from (
            select account_number from line where place = 1
            union all
            select account_number from settled where line_no = 8
        ) as l
        returning journal_id, source_key
    ),

    named_journal as (
        select m.journal_id, substr(m.source_key, length(lender) + 2) as account_number from made as m
    ),

    lines as (
        insert into entry (journal_id, line_no, account, amount_cents, contract_id)
        select m.journal_id, l.line_no, l.account, l.amount_cents, l.contract_id
        from named_journal as m inner join line as l on m.account_number = l.account_number
        union all
        select m.journal_id, 7, 'equity.opening', -l.owed_cents, null
        from named_journal as m inner join line as l on m.account_number = l.account_number and l.place = 1
        where l.owed_cents <> 0 -- unapplied money may be as much as is owed
        union all
        select m.journal_id, s.line_no, 'equity.opening', s.amount_cents, null
        from named_journal as m inner join settled as s on m.account_number = s.account_number
    )

    insert into opened_journal select journal_id, account_number from named_journal;
    get diagnostics n = row_count;
    return query select 'journals', n;
    insert into installment_credit (journal_id, contract_id, installment_no, amount_cents, credited_on)
    select j.journal_id, k.contract_id, i.installment_no, i.credited_cents, opening_on
    from new_installment as i
    inner join opened as k on i.account_number = k.account_number
    inner join opened_journal as j on i.account_number = j.account_number
    where i.credited_cents > 0;
    insert into late_fee (contract_id, installment_no, charged_on, amount_cents, journal_id)
    select k.contract_id, f.installment_no, f.charged_on, f.amount_cents, j.journal_id
    from new_late_fee as f
    inner join opened as k on f.account_number = k.account_number
    inner join opened_journal as j on f.account_number = j.account_number;

    insert into contract_flag (contract_id, flag, valid_from, valid_to)
    select k.contract_id, f.flag, f.valid_from, f.valid_to
    from new_flag as f
    inner join contract as k on f.account_number = k.account_number and k.lender_id = lender
    on conflict (contract_id, flag, valid_from) do nothing;
    get diagnostics n = row_count;
    return query select 'flags', n;
    insert into payer (account_token, contract_id, first_seen_on)
    select p.account_token, k.contract_id, p.first_seen_on
    from new_payer as p
    inner join contract as k on p.account_number = k.account_number and k.lender_id = lender
    on conflict (account_token, contract_id) do nothing;
    get diagnostics n = row_count;
    return query select 'payers', n;
    drop table opened, named, versions, opened_journal;
end $$;
