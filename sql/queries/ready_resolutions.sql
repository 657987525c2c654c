-- Resolutions that can be made final, by site.
select
    r.resolution_id,
    r.item_id,
    b.site_id
from resolution_state as r
inner join item as i on r.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
where r.state = 'ready' and (:site = '' or b.site_id = :site)
order by b.site_id, r.resolution_id
