-- What was sent to an address, newest first: a bounce report names the address and the notice's key.
select
    n.notice_id,
    n.contract_id,
    n.kind,
    n.occasion,
    n.facts,
    t.try_no,
    t.contact_id,
    c.account_number,
    right(c.account_number, 4) as last_four
from contact as a
inner join notice_try as t on a.contact_id = t.contact_id
inner join notice as n on t.notice_id = n.notice_id
inner join contract as c on n.contract_id = c.contract_id
where lower(a.address) = lower(:address) and a.channel = 'email'
order by t.begun_at desc
