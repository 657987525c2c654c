-- How often this check has been seen, including this time; one that went back to its sender is not counted. Claims are
-- made under a lock, one batch at a time; an item that is decided again keeps its claim.
with claimed as (
    insert into fingerprint (fingerprint, occurrence, item_id)
    select
        :fingerprint,
        count(*) + 1,
        :item
    from fingerprint as f
    where f.fingerprint = :fingerprint
    having not exists (select from fingerprint as own where own.item_id = :item)
    returning occurrence
)

select 1 + count(*) + 0 * (select count(*) from claimed)
from seen_before(:item, :fingerprint)
