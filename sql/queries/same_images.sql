-- A batch with all of these front images: the same scans delivered under another name.
select b.site_id || '/' || b.business_date || '/' || b.batch_no
from item as i
inner join batch as b on i.batch_id = b.batch_id
where i.front_sha256 = any(:fronts)
group by b.batch_id
having count(distinct i.front_sha256) = :count
limit 1
