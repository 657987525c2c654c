-- Resolutions that can be made final, by site: first letters that ask for something, as a flag that a check must heed.
select
    r.resolution_id,
    r.item_id,
    b.site_id,
    e.resolution_id is not null as has_effect
from resolution_state as r
inner join item as i on r.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
left join letter_effect as e on r.resolution_id = e.resolution_id
where r.state = 'ready' and (:site = '' or b.site_id = :site)
order by b.site_id, e.resolution_id is null, r.resolution_id
