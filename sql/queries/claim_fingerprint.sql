-- How often this check has been seen, including this time. Claims are made under a lock, one batch at a time.
insert into fingerprint (fingerprint, occurrence, item_id)
select
    :fingerprint,
    count(*) + 1,
    :item
from fingerprint as f
where f.fingerprint = :fingerprint
returning occurrence
