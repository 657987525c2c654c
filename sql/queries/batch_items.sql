-- All items of a batch with their latest reading, envelope by envelope, decided or not: to decide again, elsewhere.
select
    i.item_id,
    i.envelope_id,
    i.sequence,
    i.front_sha256,
    i.back_sha256,
    i.carried,
    i.unusable,
    r.reading,
    r.account_token
from item as i
left join current_reading as r on i.item_id = r.item_id
where i.batch_id = :batch_id
order by i.envelope_id, i.sequence
