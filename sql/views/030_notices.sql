-- The current address of each customer and channel, and whether it accepts messages.
create or replace view contact_in_use as
select distinct on (c.customer_id, c.channel)
    c.customer_id,
    c.channel,
    c.contact_id,
    c.address,
    c.contact_id in (select p.contact_id from contact_problem as p) as failing
from contact as c
order by c.customer_id asc, c.channel asc, c.valid_from desc, c.contact_id desc;

-- Each customer's latest consents.
create or replace view consent_in_force as
select distinct on (customer_id, kind)
    customer_id,
    kind,
    given,
    version,
    at
from consent
order by customer_id asc, kind asc, at desc;

-- The state of each notice: "waiting" until an attempt ends it.
create or replace view notice_state as
select
    n.notice_id,
    n.contract_id,
    n.kind,
    n.occasion,
    n.facts,
    n.planned_at,
    n.send_until,
    coalesce(t.try_no, 0) as tries,
    t.channel,
    t.contact_id,
    t.begun_at,
    o.outcome,
    o.detail,
    o.at as outcome_at,
    case
        when t.try_no is null then 'waiting'
        when o.outcome is null then 'cut_off'
        when o.outcome = 'deferred' then 'waiting'
        else o.outcome
    end as state
from notice as n
left join lateral (
    select tt.* from notice_try as tt
    where tt.notice_id = n.notice_id
    order by tt.try_no desc
    limit 1
) as t on true
left join lateral (
    select oo.* from notice_outcome as oo
    where oo.notice_id = t.notice_id and oo.try_no = t.try_no
    order by oo.outcome = 'bounced' desc, oo.outcome = 'deferred' asc, oo.at desc
    limit 1
) as o on true;
