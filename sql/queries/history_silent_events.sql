-- Events that ended some contracts without moving money, and so have no journal. Not those that were undone.
select
    e.contract_id,
    e.event_id,
    e.kind,
    e.effective_on
from contract_event as e
where
    e.contract_id = any(cast(:contracts as bigint[]))
    and e.kind in ('buyout', 'turn_in', 'charge_off')
    and not exists (
        select from journal as j
        where j.source_kind in ('lease_end', 'charge_off') and j.source_key = e.kind || '/' || e.event_id
    )
    and not exists (
        select from contract_event as u
        where
            u.contract_id = e.contract_id and u.kind = e.kind || '_undone'
            and u.facts ->> 'event_id' = cast(e.event_id as text)
    )
