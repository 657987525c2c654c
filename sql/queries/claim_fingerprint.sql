-- How often this check has been seen, including this time. Claims are made under a lock, one batch at a time; an item
-- that is decided again keeps its claim.
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

select c.occurrence from claimed as c
union all
select
    case
        when f.fingerprint = :fingerprint then f.occurrence
        else 1 + (select count(*) from fingerprint as o where o.fingerprint = :fingerprint)
    end
from fingerprint as f
where f.item_id = :item
