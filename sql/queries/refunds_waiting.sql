-- What is payable to customers of a lender and not proposed yet, on the day under way: its contract, until when it is
-- held, what the contract owes, the flags that stop it, a refund that waits to be issued again.
select
    c.account_number,
    p.refund_cents,
    refund_held_until(p.contract_id, cast(:day as date), cast(:hold as jsonb)) as held_until,
    refund_netting_cents(p.contract_id, cast(:day as date)) as owed_cents,
    array(
        select f.flag from contract_flag as f
        inner join flag_rule as r on f.flag = r.flag and r.lender_id = :lender_id and 'application' = any(r.stops)
        where f.contract_id = p.contract_id and in_force(f.valid_from, f.valid_to, cast(:day as date))
        order by f.flag
    ) as flags,
    has_flag(p.contract_id, '{charged_off}', cast(:day as date)) as is_charged_off,
    (
        select min(n.refund_no) from refund_now as n
        where n.contract_id = p.contract_id and n.state in ('stopped', 'returned')
    ) as to_reissue
from position as p
inner join contract as c on p.contract_id = c.contract_id and c.lender_id = :lender_id
where
    p.refund_cents > 0
    and not exists (
        select from refund_now as n where n.contract_id = p.contract_id and n.state in ('proposed', 'approved')
    )
order by c.account_number
