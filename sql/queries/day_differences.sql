-- What differs on a site day, with what is on record about it: its number, its acceptance, what came later.
select
    p.batch_no,
    p.kind,
    p.record,
    p.sources,
    p.declared,
    p.counted,
    p.reason as cause,
    d.difference_id,
    d.text,
    a.accepted_by,
    a.reason,
    coalesce(s.settled, 0)::bigint as settled,
    coalesce(s.settled_by, '{}') as settled_by
from present_differences(:site_id, :business_date) as p
left join difference as d
    on
        d.site_id = :site_id
        and d.business_date = :business_date
        and p.batch_no = d.batch_no
        and p.kind = d.kind
        and p.record = d.record
        and p.counted = d.counted
        and p.declared is not distinct from d.declared
left join difference_acceptance as a on d.difference_id = a.difference_id
left join lateral (
    select
        sum(e.settled) as settled,
        array_agg(b.site_id || '/' || b.business_date || '/' || b.batch_no order by b.batch_id) as settled_by
    from difference_settlement as e
    inner join batch as b on e.batch_id = b.batch_id
    where e.difference_id = d.difference_id
) as s on true
order by p.batch_no, p.kind, p.record, p.declared
