-- On a closed day everything that the site declared was captured or is missing by name.
-- Why: control totals are taken before any processing (RULES I6, batch header); a file lost on the way shows up here.
-- Declared numbers come from batches and manifests, counted ones from documents and envelopes: not from the function
-- that the close itself uses.
with closed as (
    select
        c.site_id,
        c.business_date,
        c.state
    from day_close as c
    where (cast(:since as date) is null or c.business_date >= :since)
),

declared as (
    select
        b.site_id,
        b.business_date,
        b.batch_no,
        n.kind,
        n.pieces
    from closed as c
    inner join batch as b on c.site_id = b.site_id and c.business_date = b.business_date
    cross join
        lateral (
            values
            ('documents', cast(b.declared_documents as bigint)),
            ('envelopes', b.declared_envelopes),
            ('images', b.declared_images),
            ('cents', b.declared_cents)
        ) as n (kind, pieces)
    where n.pieces is not null
    union
    select
        m.site_id,
        m.business_date,
        l ->> 'batch',
        n.kind,
        cast(l ->> n.kind as bigint)
    from closed as c
    inner join site_day as m on c.site_id = m.site_id and c.business_date = m.business_date
    cross join jsonb_array_elements(m.batches) as l
    cross join (values ('documents'), ('envelopes')) as n (kind)
),

document as (
    select
        b.site_id,
        b.business_date,
        b.batch_no,
        i.item_id,
        i.envelope_id,
        cast(i.carried ->> 'amount_cents' as bigint) as cents
    from closed as c
    inner join batch as b on c.site_id = b.site_id and c.business_date = b.business_date
    inner join item as i on b.batch_id = i.batch_id
),

counted as (
    select
        d.site_id,
        d.business_date,
        d.batch_no,
        n.kind,
        n.pieces
    from (
        select
            d.site_id,
            d.business_date,
            d.batch_no,
            count(d.item_id) as documents,
            count(distinct d.envelope_id) as envelopes,
            cast(coalesce(sum(d.cents), 0) as bigint) as cents
        from document as d
        group by d.site_id, d.business_date, d.batch_no
    ) as d
    cross join
        lateral (
            values ('documents', d.documents), ('envelopes', d.envelopes), ('cents', d.cents)
        ) as n (kind, pieces)
    union all
    select
        b.site_id,
        b.business_date,
        b.batch_no,
        'images',
        b.images
    from closed as c
    inner join batch as b on c.site_id = b.site_id and c.business_date = b.business_date
),

compared as (
    select
        d.site_id,
        d.business_date,
        d.batch_no,
        d.kind,
        d.pieces as declared,
        coalesce(n.pieces, 0) as counted
    from declared as d
    left join counted as n
        on
            d.site_id = n.site_id
            and d.business_date = n.business_date
            and d.batch_no = n.batch_no
            and d.kind = n.kind
    where d.pieces <> coalesce(n.pieces, 0)
),

-- batches that no manifest lists, files that no index lists, and deliveries that were refused
other as (
    select
        b.site_id,
        b.business_date,
        b.batch_no,
        array['unannounced', 'undeclared'] as kinds
    from closed as c
    inner join batch as b on c.site_id = b.site_id and c.business_date = b.business_date
    inner join site_day as m on b.site_id = m.site_id and b.business_date = m.business_date
    where not m.batches @> jsonb_build_array(jsonb_build_object('batch', b.batch_no))
    union all
    select
        b.site_id,
        b.business_date,
        b.batch_no,
        array['control']
    from closed as c
    inner join batch as b on c.site_id = b.site_id and c.business_date = b.business_date
    inner join failing_control as f on b.batch_id = f.batch_id
    union all
    select
        s.site_id,
        s.business_date,
        s.batch_no,
        array['refused'] || case when b.batch_id is null then array['documents', 'envelopes'] else '{}' end
    from closed as c
    inner join set_aside as s on c.site_id = s.site_id and c.business_date = s.business_date
    left join batch as b on s.site_id = b.site_id and s.business_date = b.business_date and s.batch_no = b.batch_no
    where s.refused = 'conflict' or (s.refused = 'unusable' and b.batch_id is null)
)

select
    p.site_id,
    p.business_date,
    p.batch_no,
    p.kind,
    p.declared,
    p.counted,
    'missing, and not by name' as fault
from compared as p
where
    not exists (
        select from difference as d
        where
            d.site_id = p.site_id
            and d.business_date = p.business_date
            and d.batch_no = p.batch_no
            and d.kind = p.kind
            and d.declared - d.counted = p.declared - p.counted
            and d.declared = p.declared
    )
union all
select
    o.site_id,
    o.business_date,
    o.batch_no,
    o.kinds[1],
    null,
    null,
    'differs, and not by name'
from other as o
where
    not exists (
        select from difference as d
        where
            d.site_id = o.site_id
            and d.business_date = o.business_date
            and d.batch_no = o.batch_no
            and d.kind = any(o.kinds)
    )
union all
select
    c.site_id,
    c.business_date,
    min(d.batch_no),
    min(d.kind),
    null,
    null,
    'closed in balance, or as accepted, with an open difference'
from closed as c
inner join day_close as y on c.site_id = y.site_id and c.business_date = y.business_date
inner join difference as d
    on c.site_id = d.site_id and c.business_date = d.business_date and y.closed_at >= d.noted_at
inner join compared as p
    on
        d.site_id = p.site_id
        and d.business_date = p.business_date
        and d.batch_no = p.batch_no
        and d.kind = p.kind
        and d.declared = p.declared
        and d.counted = p.counted
where
    c.state = 'in_balance'
    or (
        c.state = 'differences_accepted'
        and not exists (select from difference_acceptance as a where a.difference_id = d.difference_id)
        and not exists (select from difference_settlement as s where s.difference_id = d.difference_id)
    )
group by c.site_id, c.business_date
union all
-- what came later settles no more than is missing, and no more than came
select
    d.site_id,
    d.business_date,
    d.batch_no,
    d.kind,
    d.declared,
    d.counted,
    'settled by more than was missing or than came'
from closed as c
inner join difference as d on c.site_id = d.site_id and c.business_date = d.business_date
inner join (
    select
        s.difference_id,
        sum(s.settled) as settled,
        bool_or(
            s.settled > (select count(*) from item as i where i.batch_id = s.batch_id)
        ) as is_beyond
    from difference_settlement as s
    group by s.difference_id
) as s on d.difference_id = s.difference_id
where s.settled > d.declared - d.counted or (d.kind = 'documents' and s.is_beyond);
