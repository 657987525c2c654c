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
    s.time_zone,
    o.received_on,
    o.business_date,
    o.hold_until,
    o.ranked,
    o.resolution_id,
    o.proposal_state,
    o.proposed_by,
    o.worked_by,
    o.worked_until,
    (
        select max(p.entry_no) from pull_list as p
        where p.item_id = o.item_id and p.action = 'rescan' and p.state in ('open', 'signed', 'missing')
    ) as rescan_no
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
