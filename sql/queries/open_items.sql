-- What waits for people: in review, or in the vault. Oldest first, then by batch and sequence.
select
    o.item_id,
    o.site_id || '/' || o.received_on || '/' || o.batch_no || '/' || o.sequence as name,
    o.version,
    o.kind,
    o.outcome,
    o.amount_cents,
    o.reasons,
    o.site_id,
    s.lender_id,
    o.received_on,
    o.hold_until,
    o.ranked,
    o.resolution_id,
    o.proposal_state,
    o.proposed_by,
    o.worked_by,
    o.worked_until
from open_item as o
inner join site as s on o.site_id = s.site_id
where
    (:site = '' or o.site_id = :site)
    and (
        :item = ''
        or o.item_id::text = :item
        or o.site_id || '/' || o.received_on || '/' || o.batch_no || '/' || o.sequence = :item
    )
order by o.received_on, o.site_id, o.batch_no, o.sequence
