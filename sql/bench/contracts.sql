-- As many contracts as asked for, each owing one installment and its principal, opened in the ledger.
with made_customer as (
    insert into customer (lender_id, customer_no, name, address)
    select
        :lender,
        'bench ' || n,
        'Bench ' || n,
        ''
    from generate_series(1, :count) as n
    returning customer_id
),

made_contract as (
    insert into contract (
        lender_id, account_number, customer_id, product, state, installment_cents, due_day, opened_on
    )
    select
        :lender,
        lpad((9000000000 + customer_id)::text, 10, '0'),
        customer_id,
        'loan',
        'TX',
        40000,
        5,
        date '2024-01-05'
    from made_customer
    returning contract_id
),

made_charge as (
    insert into charge (contract_id, charge_no, kind, due_on, amount_cents)
    select contract_id, 1, 'installment', date '2026-11-05', 40000 from made_contract
    union all
    select contract_id, 2, 'principal', date '2026-12-05', 900000 from made_contract
    returning charge_id, contract_id, charge_no, kind, amount_cents
),

made_journal as (
    insert into journal (source_kind, source_key, business_date, effective_date, posted_at, maker)
    select 'opening', 'bench/' || contract_id, date '2026-11-15', date '2026-11-15', :as_of, 'bench'
    from made_contract
    returning journal_id, source_key
)

insert into entry (journal_id, line_no, account, amount_cents, contract_id, charge_id)
select j.journal_id, g.charge_no, 'receivable.' || g.kind, g.amount_cents, g.contract_id, g.charge_id
from made_journal as j
inner join made_charge as g on j.source_key = 'bench/' || g.contract_id
union all
select journal_id, 3, 'equity.opening', -940000, null, null
from made_journal
