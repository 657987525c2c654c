-- Items of a batch with a usable front image and no reading yet.
select
    i.item_id,
    i.front_sha256,
    i.back_sha256
from item as i
where
    i.batch_id = :batch_id
    and i.front_sha256 is not null
    and not exists (select from reading as r where r.item_id = i.item_id)
order by i.sequence
