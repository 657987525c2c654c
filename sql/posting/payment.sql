-- The payments laid end to end, contract by contract: each covers [from_cents, to_cents).
create temp table post_payment on commit drop as
select
    due.item_id,
    l.line_no,
    l.contract_id,
    l.amount_cents,
    (sum(l.amount_cents) over w)::bigint - l.amount_cents as from_cents,
    (sum(l.amount_cents) over w)::bigint as to_cents
from post_due as due
inner join decision_line as l on due.decision_id = l.decision_id
where due.outcome = 'post'
window w as (partition by l.contract_id order by due.sequence, l.line_no rows unbounded preceding)
