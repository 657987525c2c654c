-- Unclaimed money of a lender's customers on a day, the oldest first.
select
    u.*,
    c.account_number
from unclaimed_money(:lender_id, cast(:day as date)) as u
inner join contract as c on u.contract_id = c.contract_id
order by u.since_on, c.account_number, u.refund_no
