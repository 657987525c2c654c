-- The batches that bring what is missing of one of these, in the order in which they were taken in.
select
    b.batch_id,
    b.settles
from batch as b
where b.settles && cast(:scopes as text[])
order by b.batch_id
