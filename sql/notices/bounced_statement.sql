-- The statement of the notice has to follow on paper (15 USC 7001(c): it was not delivered electronically).
insert into statement_fallback (statement_id, at, reason)
select
    s.statement_id,
    cast(:as_of as timestamptz),
    cast(:reason as text)
from statement as s
where
    cast(:kind as text) = 'statement_ready'
    and s.contract_id = :contract_id
    and s.due_on = cast(:occasion as date)
on conflict do nothing
