-- Whether something valid from a day until another (not included; null: for good) is in force on a day.
create or replace function in_force(valid_from date, valid_to date, day date) returns boolean
language sql immutable parallel safe as $$
    select valid_from <= day and (valid_to is null or valid_to > day)
$$;

-- The contracts on which a flag stops something on a day: late_fee, interest, application, return_fee
-- (flag_rule).
create or replace function stopped_contracts(lender text, what text, day date) returns table (contract_id bigint)
language sql stable as $$
    select f.contract_id
    from contract_flag as f
    inner join flag_rule as r on f.flag = r.flag and r.lender_id = lender and what = any(r.stops)
    where in_force(f.valid_from, f.valid_to, day)
$$;

-- Whether a charge-off may use what is payable to the customer: no flag stops application on the day, its own aside.
create or replace function may_set_off(contract bigint, day date) returns boolean language sql stable as $$
    select not exists (
        select from contract_flag as f
        inner join contract as c on f.contract_id = c.contract_id
        inner join flag_rule as r on c.lender_id = r.lender_id and f.flag = r.flag and 'application' = any(r.stops)
        where f.contract_id = contract and f.flag <> 'charged_off' and in_force(f.valid_from, f.valid_to, day)
    )
$$;

-- Whether a contract has one of these flags on a day.
create or replace function has_flag(contract bigint, flags text[], day date) returns boolean
language sql stable as $$
    select exists (
        select from contract_flag as f
        where f.contract_id = contract and f.flag = any(flags) and in_force(f.valid_from, f.valid_to, day)
    )
$$;
