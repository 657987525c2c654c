-- The state of each resolution: its last step, or "proposed". One that needs no second person, or has one, is "ready".
create or replace view resolution_state as
select
    r.*,
    case
        when s.state = 'confirmed' or (s.state is null and not r.needs_second) then 'ready'
        else coalesce(s.state, 'proposed')
    end as state,
    coalesce(s.step, 0) as step,
    s.taken_by,
    s.note as step_note,
    s.taken_at,
    (
        select c.taken_by from resolution_step as c where c.resolution_id = r.resolution_id and c.state = 'confirmed'
    ) as checker
from resolution as r
left join lateral (
    select x.* from resolution_step as x where x.resolution_id = r.resolution_id order by x.step desc limit 1
) as s on true;

-- Days of a site on record that are not closed, and come after all that are. Days close in order.
create or replace view unclosed_date as
select distinct
    d.site_id,
    d.business_date
from (
    select b.site_id, b.business_date from batch as b
    union
    select m.site_id, m.business_date from site_day as m
    union
    select e.site_id, e.business_date from decision as e where e.resolution_id is not null
    union
    select w.site_id, s.business_date
    from suspense_step as s
    inner join suspense_work as w on s.work_id = w.work_id
    where s.state = 'final'
) as d
where not exists (
    select from day_close as c where c.site_id = d.site_id and c.business_date >= d.business_date
);

-- What waits for a person: in review, or in the vault with its day come. With who works it, and what is proposed.
create or replace view open_item as
select
    d.item_id,
    d.site_id,
    b.business_date as received_on,
    b.batch_no,
    i.sequence,
    i.envelope_id,
    d.version,
    d.kind,
    d.outcome,
    d.hold_until,
    d.amount_cents,
    d.reasons,
    d.ranked,
    d.decided_at,
    d.business_date,
    d.kind in ('check', 'other') as is_money,
    p.resolution_id,
    p.state as proposal_state, -- null: nothing is proposed
    p.maker as proposed_by,
    l.person as worked_by,
    l.expires_at as worked_until
from decision as d
inner join item as i on d.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
left join resolution_state as p on d.item_id = p.item_id and p.state in ('proposed', 'ready')
left join item_lease as l on d.item_id = l.item_id
where
    d.outcome in ('review', 'hold')
    and not exists (select from decision as n where n.item_id = d.item_id and n.version > d.version);
