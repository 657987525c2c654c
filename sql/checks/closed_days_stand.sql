-- What a closed day was closed with still stands: the items of its batches and its deposit.
-- Why: a close is a promise to finance; the database refuses late mail for the day, this shows if it was got round.
select
    c.site_id,
    c.business_date,
    (c.totals ->> 'documents')::int as closed_documents,
    coalesce(t.documents, 0) as documents,
    (c.totals ->> 'deposit_cents')::bigint as closed_cents,
    coalesce(d.amount_cents, 0) as deposit_cents
from day_close as c
left join deposit as d on c.site_id = d.site_id and c.business_date = d.business_date
left join (
    select
        b.site_id,
        b.business_date,
        count(*) as documents
    from item as i
    inner join batch as b on i.batch_id = b.batch_id
    where (cast(:since as date) is null or b.business_date >= :since)
    group by b.site_id, b.business_date
) as t on c.site_id = t.site_id and c.business_date = t.business_date
where
    (cast(:since as date) is null or c.business_date >= :since)
    and (
        (c.totals ->> 'documents')::int is distinct from coalesce(t.documents, 0)
        or (c.totals ->> 'deposit_cents')::bigint is distinct from coalesce(d.amount_cents, 0)
    );
