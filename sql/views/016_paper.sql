-- What the sites' people have to do with papers, each with its state: the last step, or "open".
create or replace view pull_list as
select
    e.*,
    b.site_id,
    b.business_date as received_on,
    b.batch_no,
    i.sequence,
    d.kind,
    d.amount_cents,
    coalesce(s.state, 'open') as state,
    coalesce(s.step, 0) as step,
    s.taken_by,
    s.note as step_note,
    s.taken_at,
    r.recipient_id,
    r.name as to_name, -- null: nobody has given one, and none was read
    r.address as to_address,
    r.given_by as recipient_by
from pull_entry as e
inner join item as i on e.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
cross join lateral newest_decision(e.item_id) as d
left join lateral (
    select x.* from pull_step as x where x.entry_no = e.entry_no order by x.step desc limit 1
) as s on true
left join lateral (
    select x.* from pull_recipient as x where x.entry_no = e.entry_no order by x.recipient_id desc limit 1
) as r on true;
