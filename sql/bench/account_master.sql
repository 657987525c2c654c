-- A contract master of staged numbers (bench_number), as far as matching looks at it. Written by the owner with foreign
-- keys unchecked: everything is made from the one staged table.
set local session_replication_role = replica;

insert into customer (lender_id, customer_no, name, address)
select 'meridian', 'N' || no, name, address from bench_number order by no;

insert into contract (lender_id, account_number, customer_id, product, state, opened_on, original_cents)
select 'meridian', b.account_number, c.customer_id, 'loan', 'TX', date '2024-05-01', 2500000
from bench_number as b inner join customer as c on c.customer_no = 'N' || b.no
order by b.no;

insert into contract_terms (contract_id, version, valid_from, rate_ppm, day_count, method, order_id, excess)
select contract_id, 1, opened_on, 69900, 'actual_365', 'daily', 'loan.default', 'advance' from contract;

insert into schedule_run (contract_id, version, first_no, first_due_on, due_day, count, amount_cents, tax_cents)
select c.contract_id, 1, 1, date '2024-06-10', 10, 60, b.amount_cents, 0
from contract as c inner join bench_number as b on c.account_number = b.account_number;

insert into position (
    contract_id, terms_version, principal_cents, interest_cents, base_cents, accrued_through, next_no, next_due_on
)
select contract_id, 1, 1400000, 3100, 1400000, date '2026-11-15', 30, date '2026-11-10' from contract;

insert into payer (account_token, contract_id, first_seen_on)
select b.account_token, c.contract_id, date '2026-10-10'
from bench_number as b inner join contract as c on b.account_number = c.account_number
where b.account_token is not null;

analyze customer, contract, contract_terms, schedule_run, position, payer;
