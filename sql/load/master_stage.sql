-- Where COPY puts a contract master before it is compared with what is there; gone with the transaction.
drop table if exists
new_customer, new_contract, new_terms, new_run, new_lease, new_opening, new_installment, new_late_fee, new_flag,
new_payer;
create temp table new_customer (customer_no text, name text, address text) on commit drop;
create temp table new_contract (
    account_number text,
    customer_no text,
    product text,
    state text,
    opened_on date,
    original_cents bigint
) on commit drop;
create temp table new_terms (
    account_number text,
    version int,
    valid_from date,
    rate_ppm int,
    day_count text,
    method text,
    order_id text,
    excess text
) on commit drop;
create temp table new_run (
    account_number text,
    version int,
    first_no int,
    first_due_on date,
    due_day smallint,
    count int,
    amount_cents bigint,
    tax_cents bigint
) on commit drop;
create temp table new_lease (
    account_number text,
    version int,
    term_months int,
    residual_cents bigint,
    disposition_fee_cents bigint,
    purchase_fee_cents bigint,
    allowed_miles int,
    excess_mile_cents int,
    tax_ppm int
) on commit drop;
create temp table new_opening (
    account_number text,
    principal_cents bigint,
    interest_cents bigint,
    fee_cents bigint,
    rent_cents bigint,
    tax_cents bigint,
    unapplied_cents bigint,
    fee_ahead_cents bigint,
    carry bigint,
    base_cents bigint,
    period_cents bigint,
    paid_through int,
    billed_through int,
    next_no int,
    next_due_on date
) on commit drop;
create temp table new_installment (
    account_number text,
    installment_no int,
    due_on date,
    amount_cents bigint,
    tax_cents bigint,
    is_last boolean,
    credited_cents bigint
) on commit drop;
create temp table new_late_fee (
    account_number text,
    installment_no int,
    charged_on date,
    amount_cents bigint
) on commit drop;
create temp table new_flag (account_number text, flag text, valid_from date, valid_to date) on commit drop;
create temp table new_payer (account_token text, account_number text, first_seen_on date) on commit drop;
