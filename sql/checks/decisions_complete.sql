-- Every item of a decided batch has a decision, versions run 1, 2, 3 without a gap, and the lines add up.
-- Why: nothing is dropped silently, a correction is a new row (DESIGN), and money is split exactly (RULES I8).
select
    i.item_id,
    'not decided' as fault,
    0 as version
from item as i
inner join batch as b on i.batch_id = b.batch_id
inner join stage_run as s
    on s.scope = b.site_id || '/' || b.business_date || '/' || b.batch_no and s.stage = 'decide' and s.state = 'done'
where
    (cast(:since as date) is null or b.business_date >= :since)
    and not exists (select from decision as d where d.item_id = i.item_id)
union all
select
    d.item_id,
    'a version is missing' as fault,
    max(d.version) as version
from decision as d
where
    cast(:since as date) is null
    or exists (select from decision as n where n.item_id = d.item_id and n.business_date >= :since)
group by d.item_id
having max(d.version) <> count(*)
union all
select
    d.item_id,
    'lines do not add up to the amount' as fault,
    d.version
from decision as d
left join decision_line as l on d.decision_id = l.decision_id
where (cast(:since as date) is null or d.business_date >= :since)
group by d.decision_id
having
    coalesce(sum(l.amount_cents), 0)
    <> case when d.outcome = 'post' or d.suspense_kind = 'unapplied' then d.amount_cents else 0 end;
