-- What happened to one item, oldest first.
select
    h.at,
    h.person,
    h.text
from (
    select
        d.decided_at as at,
        1 as step,
        d.decision_id as no,
        d.maker as person,
        'decided: ' || d.outcome || coalesce(' until ' || d.hold_until, '')
        || coalesce(', $' || to_char(d.amount_cents / 100.0, 'FM999,999,999,990.00'), '')
        || case when d.checker is not null then ', confirmed by ' || d.checker else '' end
        || coalesce(', taken up again by ' || (
            select o.person || case when o.note <> '' then ' (' || o.note || ')' else '' end
            from reopening as o where o.decision_id = d.decision_id
        ), '')
        || ', in the books of ' || d.business_date
        || case when cardinality(d.reasons) > 0 then ' (' || array_to_string(d.reasons, ', ') || ')' else '' end as text
    from decision as d
    where d.item_id = :item_id
    union all
    select
        r.proposed_at,
        0,
        r.resolution_id,
        r.maker,
        'proposed (resolution ' || r.resolution_id || '): ' || r.outcome
        || coalesce(', $' || to_char(r.amount_cents / 100.0, 'FM999,999,999,990.00'), '')
        || case when r.is_twin then ', an honest twin' else '' end
        || coalesce((
            select ', the same as ' || b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence
            from item as i inner join batch as b on i.batch_id = b.batch_id where i.item_id = r.same_as
        ), '')
        || case when r.note <> '' then ': ' || r.note else '' end
    from resolution as r
    where r.item_id = :item_id
    union all
    select
        s.taken_at,
        0,
        r.resolution_id,
        s.taken_by,
        'resolution ' || r.resolution_id || ' ' || s.state || case when s.note <> '' then ': ' || s.note else '' end
    from resolution as r
    inner join resolution_step as s on r.resolution_id = s.resolution_id
    where r.item_id = :item_id and s.state <> 'final'
    union all
    select
        e.asked_at,
        2,
        e.entry_no,
        e.asked_by,
        'pull list ' || e.entry_no || ': ' || e.action
        || case when e.note <> '' then ' (' || e.note || ')' else '' end
    from pull_entry as e
    where e.item_id = :item_id
    union all
    select
        s.taken_at,
        2,
        e.entry_no,
        s.taken_by,
        'pull list ' || e.entry_no || ': ' || s.state || case when s.note <> '' then ' (' || s.note || ')' else '' end
    from pull_entry as e
    inner join pull_step as s on e.entry_no = s.entry_no
    where e.item_id = :item_id
    union all
    select
        k.keyed_at,
        0,
        0,
        k.keyed_by,
        'keyed it'
    from keying as k
    where k.item_id = :item_id
) as h
order by h.at, h.step, h.no
