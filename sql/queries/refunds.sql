-- The refunds that are open, or all of them, by number, with their accounts. Open: it waits for a person or the bank.
select
    n.refund_no,
    c.account_number,
    n.amount_cents,
    n.state,
    n.taken_on,
    n.method,
    n.payee_kind,
    n.payee_name,
    n.maker,
    n.checker,
    n.replaces,
    n.reason
from refund_now as n
inner join contract as c on n.contract_id = c.contract_id
where :closed or n.state in ('proposed', 'approved', 'issued', 'stopped', 'returned')
order by n.refund_no
