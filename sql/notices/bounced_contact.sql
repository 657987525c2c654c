-- The address is no longer used, and an event tells somebody.
with problem as (
    insert into contact_problem (contact_id, at, reason)
    values (:contact_id, :as_of, :reason)
    on conflict do nothing
    returning contact_id
)

select
    note_event(
        'warning',
        'bounce',
        'contact/' || p.contact_id,
        '',
        'account …' || cast(:last_four as text) || ': mail came back: ' || cast(:reason as text),
        cast(:as_of as timestamptz)
    )
from problem as p
