-- A later batch brings what it has left of what a difference misses: documents for documents, cents for cents, and
-- itself for a whole delivery. What the batch and the manifest both miss is the same paper: of two differences of one
-- kind and batch, the larger uses it up.
with difference_of as (
    select * from difference where difference_id = :difference
),

brought as (
    select
        case :kind
            when 'documents' then (select count(*) from item as i where i.batch_id = :batch)
            when 'envelopes' then (select count(*) from envelope as e where e.batch_id = :batch)
            when 'images' then (select b.images from batch as b where b.batch_id = :batch)
            when 'cents'
                then (
                    select coalesce(sum((i.carried ->> 'amount_cents')::bigint), 0)
                    from item as i
                    where i.batch_id = :batch
                )
            else 1
        end as pieces
),

used as (
    select coalesce(sum(u.pieces), 0) as pieces
    from (
        select max(s.settled) as pieces
        from difference_settlement as s
        inner join difference as d on s.difference_id = d.difference_id
        cross join difference_of as o
        where
            s.batch_id = :batch
            and d.kind = o.kind
            and d.kind in ('documents', 'envelopes', 'images', 'cents')
            and (d.site_id, d.business_date, d.batch_no) <> (o.site_id, o.business_date, o.batch_no)
        group by d.site_id, d.business_date, d.batch_no
    ) as u
)

insert into difference_settlement (difference_id, batch_id, settled, settled_at)
select
    :difference,
    :batch,
    least(b.pieces - u.pieces, :remaining),
    cast(:as_of as timestamptz)
from brought as b
cross join used as u
where b.pieces > u.pieces
on conflict do nothing
returning settled
