-- All items of a batch with their latest reading, by envelope, decided or not; for a replay of decisions.
select
    i.item_id,
    i.envelope_id,
    i.sequence,
    i.front_sha256,
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
where i.batch_id = :batch_id
order by i.envelope_id, i.sequence
