-- One contract's account: customer and terms as of an instant.
select
    c.contract_id,
    c.account_number,
    c.product,
    c.state,
    c.opened_on,
    c.original_cents,
    u.name as customer_name,
    u.address as customer_address,
    t.rate_ppm,
    t.day_count,
    t.method,
    t.order_id,
    t.excess,
    t.version as terms_version,
    p.accrued_through,
    p.metro2,
    (
        select sum(r.count) from schedule_run as r
        where r.contract_id = c.contract_id and r.version = t.version
    )::int as installments,
    array(
        select f.flag from contract_flag as f
        where
            f.contract_id = c.contract_id
            and in_force(f.valid_from, f.valid_to, cast(:as_of as timestamptz)::date)
        order by f.flag
    ) as flags
from contract as c
inner join customer as u on c.customer_id = u.customer_id
inner join position as p on c.contract_id = p.contract_id
inner join contract_terms as t on c.contract_id = t.contract_id and p.terms_version = t.version
where c.account_number = :account_number
