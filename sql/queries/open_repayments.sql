-- Repayments that were begun, whose last day is not after a day, and whose sender is not refunded.
select
    r.item_id,
    b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as name,
    r.amount_cents,
    r.last_on
from repayment as r
inner join item as i on r.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
inner join site as s on b.site_id = s.site_id
where
    s.lender_id = :lender
    and r.last_on <= :until
    and not exists (
        select from journal as j
        where
            j.item_id = r.item_id
            and j.source_kind = 'sender_refund'
            and not exists (select from journal as x where x.reverses = j.journal_id)
    )
order by r.last_on, r.item_id
