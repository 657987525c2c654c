-- Customers that are not there yet.
insert into customer (lender_id, customer_no, name, address)
select
    :lender_id,
    customer_no,
    name,
    address
from new_customer
on conflict (lender_id, customer_no) do nothing;
