-- A closed day still has the documents and the deposit that it was closed with.
-- Why: a close is a commitment to finance. The database refuses late mail for a closed day; this shows if that was
-- bypassed.
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
