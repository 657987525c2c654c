-- What the sites' people have to do with papers, oldest first; what is done or withdrawn only if asked for.
select
    p.entry_no,
    p.site_id || '/' || p.received_on || '/' || p.batch_no || '/' || p.sequence as name,
    p.item_id,
    p.site_id,
    p.received_on,
    p.batch_no,
    p.sequence,
    p.action,
    p.state,
    p.kind,
    p.amount_cents,
    p.reasons,
    p.note,
    p.asked_by,
    p.asked_at,
    p.to_name,
    p.to_address,
    p.recipient_by,
    p.taken_by,
    p.taken_at,
    p.step_note,
    exists(select from rejection_piece as r where r.recipient_id = p.recipient_id) as has_letter
from pull_list as p
where
    (:site = '' or p.site_id = :site)
    and (:item = 0 or p.item_id = :item)
    and (:entry = 0 or p.entry_no = :entry)
    and (:closed or p.state in ('open', 'signed', 'missing'))
order by p.site_id, p.received_on, p.batch_no, p.sequence, p.entry_no
