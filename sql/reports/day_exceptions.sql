-- Every item of a day that was not posted to a contract: in review, in suspense, rejected. Includes what a picture of
-- it needs from its reading: how to turn it upright, and where to cover account numbers.
select
    i.item_id,
    b.site_id,
    b.batch_no,
    b.business_date,
    i.sequence,
    v.envelope_no,
    i.front_sha256,
    i.unusable,
    d.kind,
    d.outcome,
    d.suspense_kind,
    d.amount_cents,
    d.misread_ppm,
    d.reasons,
    d.ranked,
    d.maker,
    r.reading_id is not null as is_read,
    coalesce((r.reading ->> 'rotation_deg')::int, 0) as rotation_deg,
    coalesce((r.reading ->> 'width_px')::int, 0) as width_px,
    coalesce((r.reading ->> 'dpi')::int, 0) as dpi,
    r.reading -> 'fields' -> 'micr_line' -> 'box' as micr_box,
    r.reading -> 'fields' -> 'bank_account' -> 'box' as bank_account_box,
    r.reading -> 'fields' -> 'account_number' -> 'box' as account_number_box,
    r.reading -> 'fields' -> 'payer' -> 'candidates' -> 0 ->> 'value' as payer
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join envelope as v on i.envelope_id = v.envelope_id
cross join lateral decision_on(i.item_id, b.business_date) as d
left join current_reading as r on i.item_id = r.item_id
where b.business_date = :business_date and d.outcome in ('review', 'suspense', 'reject')
order by b.site_id, b.batch_no, i.sequence
