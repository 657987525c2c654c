-- Where COPY puts a contract master before it is compared with what is there; gone with the transaction.
drop table if exists
new_customer, new_contract, new_charge, new_flag, new_payer;
create temp table new_customer (customer_no text, name text, address text) on commit drop;
create temp table new_contract (
    account_number text,
    customer_no text,
    product text,
    state text,
    installment_cents bigint,
    due_day smallint,
    opened_on date
) on commit drop;
create temp table new_charge (
    account_number text,
    charge_no int,
    kind text,
    due_on date,
    amount_cents bigint
) on commit drop;
create temp table new_flag (account_number text, flag text, valid_from date, valid_to date) on commit drop;
create temp table new_payer (account_token text, account_number text, first_seen_on date) on commit drop;
