-- How often each reason was given on a day, by site. An item with several reasons counts under each; a note counts only
-- if the item has no other reason.
select
    b.site_id,
    r.reason,
    d.outcome,
    count(*) as items
from batch as b
inner join item as i on b.batch_id = i.batch_id
cross join lateral decision_on(i.item_id, b.business_date) as d
cross join lateral unnest(d.reasons) as r (reason)
where
    b.business_date = :business_date
    and d.outcome in ('review', 'suspense', 'reject')
    and (r.reason <> all(:notes) or cardinality(d.reasons) = 1)
group by b.site_id, r.reason, d.outcome
order by b.site_id asc, items desc, r.reason asc
