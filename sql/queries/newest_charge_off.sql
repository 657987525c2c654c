-- The newest charge-off of a contract (before an event; null: of all), and whether it was undone. No other can stand.
select
    e.event_id,
    e.effective_on,
    e.facts,
    exists(
        select from contract_event as u
        where
            u.contract_id = e.contract_id and u.kind = 'charge_off_undone'
            and u.facts ->> 'event_id' = cast(e.event_id as text)
    ) as is_undone
from contract_event as e
where
    e.contract_id = :contract_id
    and e.kind = 'charge_off'
    and e.event_id < coalesce(cast(:before as bigint), e.event_id + 1)
order by e.event_id desc
limit 1
