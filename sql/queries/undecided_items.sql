-- Items of a batch without a decision, or released from a control that they waited for, with their latest reading, by
-- envelope.
select
    i.item_id,
    i.envelope_id,
    i.sequence,
    i.back_sha256,
    i.carried,
    i.unusable,
    r.reading,
    r.account_token,
    coalesce((
        select jsonb_object_agg(p.layout, p.account_token) from item_payer as p
        where p.item_id = i.item_id and p.readers = r.readers
    ), '{}') as payers,
    i.envelope_id in (select h.envelope_id from held_envelope as h where h.batch_id = :batch_id) as is_held
from item as i
left join current_reading as r on i.item_id = r.item_id
where
    i.batch_id = :batch_id
    and (
        not exists (select from decision as d where d.item_id = i.item_id)
        or i.item_id in (select e.item_id from released_item as e where e.batch_id = :batch_id)
    )
order by i.envelope_id, i.sequence
