-- Refunds issued to customers on the day or the three before it. What goes to somebody else is told by other means.
create temp table planned on commit drop as
select
    n.contract_id,
    'refund/' || n.refund_no as occasion,
    jsonb_build_object('amount_cents', n.amount_cents, 'method', n.method, 'issued_on', s.taken_on) as facts
from refund_now as n
inner join refund_state as s on n.refund_no = s.refund_no and s.state = 'issued'
where
    n.payee_kind = 'customer'
    and n.state in ('issued', 'cleared')
    and s.taken_on > cast(:day as date) - cast(:days as int)
    and s.taken_on <= cast(:day as date)
