-- What of a batch is to be posted: every check that the engine or a person decided to post or to deposit to suspense,
-- and that has no journal yet. A table of its own, so that the planner knows its size in the steps that follow.
create temp table post_due on commit drop as
select
    d.decision_id,
    d.item_id,
    d.outcome,
    d.suspense_kind,
    d.amount_cents,
    d.maker,
    b.site_id,
    b.business_date,
    b.effective_date,
    b.batch_no,
    i.sequence
from item as i
inner join batch as b on i.batch_id = b.batch_id
inner join lateral (
    select newest.*
    from decision as newest
    where newest.item_id = i.item_id
    order by newest.version desc
    limit 1
) as d on d.outcome in ('post', 'suspense')
left join journal as j on i.item_id = j.item_id
where i.batch_id = :batch_id and j.item_id is null
