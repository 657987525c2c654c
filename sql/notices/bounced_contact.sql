-- The address is no longer used, and an event tells somebody.
with problem as (
    insert into contact_problem (contact_id, at, reason)
    values (:contact_id, :as_of, :reason)
    on conflict do nothing
    returning contact_id
)

insert into ops_event (at, severity, kind, scope, message)
select
    cast(:as_of as timestamptz),
    'warning',
    'bounce',
    'notice/' || cast(:notice_id as text),
    'account …' || cast(:last_four as text) || ': mail came back: ' || cast(:reason as text)
from problem
on conflict do nothing
