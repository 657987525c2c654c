-- Statements that were made, as rows that their content is derived from. Columns as in due.sql; what only the making
-- of a statement needs is null.
select
    s.contract_id,
    s.due_on,
    s.made_on,
    s.seen::text as seen,
    s.sealed_through,
    s.as_of,
    s.previous_id,
    prev.made_on as previous_on,
    prev.seen::text as previous_seen,
    coalesce(prev.sealed_through, 0) as previous_sealed,
    coalesce(prev.balances, '{}'::jsonb) as opening,
    s.statement_id,
    s.content_sha256,
    s.kept,
    c.lender_id,
    c.account_number,
    c.product,
    c.state,
    small_shortage_cents(c.lender_id, s.made_on) as small_cents,
    s.kept ->> 'name' as name,
    s.kept ->> 'address' as address,
    t.version,
    t.rate_ppm,
    t.day_count,
    t.order_id,
    t.excess,
    (s.kept ->> 'base_cents')::bigint as base_cents,
    r.first_no,
    r.first_due_on,
    r.due_day,
    r.count,
    (s.kept ->> 'installment_no')::int as installment_no,
    s.delivery = 'electronic' as electronic,
    false as no_late_fee,
    null::jsonb as standing
from statement as s
inner join contract as c on s.contract_id = c.contract_id
inner join contract_terms as t on s.contract_id = t.contract_id and t.version = (s.kept ->> 'version')::int
inner join lateral (
    select rr.* from schedule_run as rr
    where rr.contract_id = t.contract_id and rr.version = t.version
    order by rr.first_no desc
    limit 1
) as r on true
left join statement as prev on s.previous_id = prev.statement_id
where s.statement_id = any(cast(:statement_ids as bigint[]))
order by s.statement_id
