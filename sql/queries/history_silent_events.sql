-- Events without a journal: those that ended some contracts without moving money, and fees for returned checks that a
-- flag stopped: should the flag have never been, the fee is owed. Not those that were undone.
select
    e.contract_id,
    e.event_id,
    e.kind,
    e.effective_on,
    cast(e.facts ->> 'amount_cents' as bigint) as amount_cents
from contract_event as e
where
    e.contract_id = any(cast(:contracts as bigint[]))
    and e.kind in ('buyout', 'turn_in', 'charge_off', 'return_fee_stopped')
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
