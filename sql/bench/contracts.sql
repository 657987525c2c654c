-- So many contracts, three loans to a lease, due on all days of the month, one in twelve a month behind, as
-- they stand at the end of 2026-11-15: written set by set, as the owner, with one opening journal for all.
insert into customer (lender_id, customer_no, name, address)
select :lender, 'B' || n, 'Bench ' || n, '1 Elm St' from generate_series(1, :count) as n;

insert into contract (lender_id, account_number, customer_id, product, state, opened_on, original_cents)
select
    :lender,
    lpad((9000000000 + customer_id)::text, 10, '0'),
    customer_id,
    case when customer_id % 4 = 0 then 'lease' else 'loan' end,
    (array['TX', 'PA', 'KS', 'OK', 'CO', 'FL'])[1 + customer_id % 6],
    date '2024-05-01',
    2500000
from customer
where customer_no like 'B%';

insert into contract_terms (contract_id, version, valid_from, rate_ppm, day_count, method, order_id, excess)
select
    contract_id, 1, opened_on, case when product = 'loan' then 50000 + contract_id % 90000 else 0 end,
    case when contract_id % 5 = 0 then 'actual_actual' else 'actual_365' end,
    case when contract_id % 13 = 1 and product = 'loan' then 'scheduled' else 'daily' end,
    product || '.default', 'advance'
from contract;

insert into schedule_run (contract_id, version, first_no, first_due_on, due_day, count, amount_cents, tax_cents)
select
    contract_id, 1, 1, date '2024-06-01' + (contract_id % 28)::int, 1 + contract_id % 28, 60, 45000,
    case when product = 'lease' then 2812 else 0 end
from contract;

insert into lease_terms (
    contract_id, version, term_months, residual_cents, disposition_fee_cents, purchase_fee_cents, allowed_miles,
    excess_mile_cents, tax_ppm
)
select contract_id, 1, 60, 900000, 39500, 30000, 60000, 20, 62500 from contract where product = 'lease';

-- The next installment is due in the 25 days to come (billed) or later (not yet); the one before it is open for some.
create temp table standing on commit drop as
select
    c.contract_id,
    c.product,
    s.next_no,
    installment_due_on(r.first_due_on, r.due_day, s.next_no - 1) as due_on,
    c.contract_id % 12 = 0 as is_behind,
    installment_due_on(r.first_due_on, r.due_day, s.next_no - 1) <= date '2026-11-15' + 25 as is_billed
from contract as c
inner join schedule_run as r on c.contract_id = r.contract_id
cross join lateral (select case when r.due_day > 15 then 30 else 31 end as next_no) as s;

insert into installment (contract_id, installment_no, due_on, amount_cents, tax_cents, is_last, billed_on)
select
    contract_id, next_no, due_on, case when product = 'lease' then 47812 else 45000 end,
    case when product = 'lease' then 2812 else 0 end, false, date '2026-11-15'
from standing
where is_billed
union all
select
    contract_id,
    next_no - 1,
    (due_on - interval '1 month')::date,
    case when product = 'lease' then 47812 else 45000 end,
    case when product = 'lease' then 2812 else 0 end, false, date '2026-10-20'
from standing
where is_behind;

insert into position (
    contract_id, terms_version, principal_cents, interest_cents, rent_cents, tax_cents, base_cents, accrued_through,
    next_no, next_due_on
)
select
    s.contract_id, 1, case when s.product = 'loan' then 1400000 else 0 end,
    case when s.product = 'loan' then 3100 else 0 end,
    case when s.product = 'lease' then 45000 * (s.is_billed::int + s.is_behind::int) else 0 end,
    case when s.product = 'lease' then 2812 * (s.is_billed::int + s.is_behind::int) else 0 end,
    case when s.product = 'loan' then 1400000 else 0 end,
    date '2026-11-15',
    s.next_no + s.is_billed::int,
    case when s.is_billed then (s.due_on + interval '1 month')::date else s.due_on end
from standing as s;

insert into opening (
    contract_id, opened_on, carry, base_cents, period_cents, fee_ahead_cents, paid_through, billed_through
)
select
    p.contract_id, date '2026-11-15', 0, p.base_cents, 0, 0, s.next_no - 1 - s.is_behind::int, p.next_no - 1
from position as p inner join standing as s on p.contract_id = s.contract_id;

with made as (
    insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
    values ('opening', 'bench', date '2026-11-15', date '2026-11-15', :as_of, 'bench')
    returning journal_id
),

line as (
    select p.contract_id, x.account, x.cents
    from position as p
    cross join
        lateral (
            values
            ('receivable.principal', p.principal_cents),
            ('receivable.interest', p.interest_cents),
            ('receivable.rent', p.rent_cents),
            ('receivable.tax', p.tax_cents)
        ) as x (account, cents)
    where x.cents <> 0
)

insert into entry (journal_id, line_no, account, amount_cents, contract_id)
select m.journal_id, row_number() over (), l.account, l.cents, l.contract_id
from made as m cross join line as l
union all
select m.journal_id, 2147483647, 'equity.opening', -t.cents, null
from made as m cross join (select sum(l.cents) as cents from line as l) as t
