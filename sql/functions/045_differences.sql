-- What differs on a site day between the site's own words and what was captured. Declared numbers come from the sender
-- alone (a batch's own control totals, the site's manifest); counted ones from the documents, envelopes and amounts
-- that are in the database. The same number declared twice is one difference with two sources.

create or replace function present_differences(site text, day date)
returns table (
    batch_no text,
    kind text,
    record text,
    sources text[], -- 'batch', 'manifest', or both
    declared bigint,
    counted bigint,
    reason text -- why, where it is known: of a delivery that was refused
) language sql stable as $$
    with delivered as materialized (
        select
            a.batch_no,
            a.is_announced,
            a.announced_envelopes,
            a.announced_documents,
            b.batch_id,
            b.source_kind,
            b.declared_envelopes,
            b.declared_documents,
            b.declared_images,
            b.declared_cents,
            coalesce(b.images, 0) as images,
            counts.*,
            (
                select s.reason from set_aside as s
                where s.site_id = site and s.business_date = day and s.batch_no = a.batch_no and s.refused is not null
                order by s.set_aside_id desc limit 1
            ) as refusal
        from announced_batch as a
        left join batch as b on a.batch_id = b.batch_id
        cross join lateral (
            select
                count(*) as documents,
                count(distinct i.envelope_id) as envelopes,
                coalesce(sum((i.carried ->> 'amount_cents')::bigint), 0)::bigint as cents
            from item as i where i.batch_id = a.batch_id
        ) as counts
        where a.site_id = site and a.business_date = day
    ),

    numbers as (
        select
            d.batch_no,
            n.kind,
            n.source,
            n.declared::bigint as declared,
            n.counted,
            case when d.batch_id is null then d.refusal end as reason
        from delivered as d
        cross join lateral (values
            ('documents', 'batch', d.declared_documents, d.documents),
            ('documents', 'manifest', d.announced_documents, d.documents),
            ('envelopes', 'batch', d.declared_envelopes, d.envelopes),
            ('envelopes', 'manifest', d.announced_envelopes, d.envelopes),
            ('images', 'batch', d.declared_images, d.images),
            ('cents', 'batch', d.declared_cents, d.cents)
        ) as n (kind, source, declared, counted)
        where n.declared <> n.counted
    )

    select
        n.batch_no,
        n.kind,
        '' as record,
        array_agg(n.source order by n.source) as sources,
        n.declared,
        n.counted,
        min(n.reason) as reason
    from numbers as n
    group by n.batch_no, n.kind, n.declared, n.counted
    union all
    -- a batch that the site's manifest does not list, with or without counts of its own
    select
        d.batch_no,
        case
            when coalesce(d.declared_documents, d.declared_envelopes, d.declared_images, d.declared_cents) is null
                then 'undeclared'
            else 'unannounced'
        end,
        '',
        array[]::text[],
        case
            when coalesce(d.declared_documents, d.declared_envelopes, d.declared_images, d.declared_cents) is not null
                then 0
        end,
        d.documents,
        null
    from delivered as d
    where
        not d.is_announced
        and (
            coalesce(d.declared_documents, d.declared_envelopes, d.declared_images, d.declared_cents) is null
            or exists (select from site_day as m where m.site_id = site and m.business_date = day)
        )
    union all
    -- a day of which the site has not said what it sent: a batch that never came would not be missed
    select
        '',
        'manifest',
        '',
        array[]::text[],
        1,
        0,
        null
    where
        exists (select from delivered)
        and not exists (select from site_day as m where m.site_id = site and m.business_date = day)
    union all
    -- pictures that came in a scan folder and that no row of its index lists: what they show is not among the documents
    select
        d.batch_no,
        'unlisted',
        s.file,
        array[]::text[],
        0,
        1,
        s.reason
    from delivered as d
    inner join set_aside as s on s.site_id = site and s.business_date = day and d.batch_no = s.batch_no
    where
        d.source_kind = 'folder'
        and s.record = ''
        and s.field = ''
        and s.refused is null
        and s.file ~* '\.(tiff?|jpe?g|png|gif|bmp|pdf)$'
    union all
    -- controls of an X9 file, or of a scan folder's envelopes, that do not hold: the documents under them wait
    select
        d.batch_no,
        'control',
        f.record,
        array[]::text[],
        null,
        (
            select count(*) from item as i
            where i.batch_id = f.batch_id and i.sequence between f.first_sequence and f.last_sequence
        ),
        f.reason
    from delivered as d
    inner join failing_control as f on d.batch_id = f.batch_id
    union all
    -- deliveries that were not taken in and are not among the missing documents above
    select
        s.batch_no,
        'refused',
        case when d.batch_id is null then '' else s.set_aside_id::text end,
        array[]::text[],
        1,
        0,
        max(s.reason)
    from set_aside as s
    left join delivered as d on s.batch_no = d.batch_no
    where
        s.site_id = site
        and s.business_date = day
        and (
            (s.refused is not null and d.batch_no is null)
            or (s.refused = 'conflict' and d.batch_id is not null)
        )
    group by s.batch_no, d.batch_id, case when d.batch_id is null then '' else s.set_aside_id::text end
$$;
