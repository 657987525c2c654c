-- Notices that a try may be made for, oldest first, each with how its customer can be reached. What a crash interrupted
-- is among them. Nothing older than 60 days is looked at: it expired long ago.
select
    s.notice_id,
    s.contract_id,
    s.kind,
    s.occasion,
    s.facts,
    s.tries,
    s.state,
    s.channel as tried_channel,
    s.outcome_at,
    s.detail,
    s.send_until,
    c.account_number,
    u.customer_id,
    coalesce(
        substring(u.address from '\y([A-Z]{2})\s+[0-9]{5}(?:-[0-9]{4})?\s*$'), c.state
    ) as customer_state,
    w.channel as wish,
    e.contact_id as email_id,
    case when not e.failing then e.address end as email,
    t.contact_id as text_id,
    case when not t.failing and coalesce(a.given, false) then t.address end as text
from notice_state as s
inner join contract as c on s.contract_id = c.contract_id
inner join customer as u on c.customer_id = u.customer_id
left join lateral (
    select ww.channel from notice_wish as ww
    where ww.customer_id = c.customer_id and ww.kind = s.kind and ww.at <= :as_of
    order by ww.at desc
    limit 1
) as w on true
left join contact_in_use as e on c.customer_id = e.customer_id and e.channel = 'email'
left join contact_in_use as t on c.customer_id = t.customer_id and t.channel = 'text'
left join consent_in_force as a on c.customer_id = a.customer_id and a.kind = 'text_messages'
where
    s.state in ('waiting', 'cut_off')
    and s.planned_at <= :as_of
    and s.send_until >= cast(:as_of as timestamptz) - interval '60 days'
    and c.lender_id = :lender_id
order by s.notice_id
