-- Messages whose next try is due, in the order in which they were made.
select
    m.message_id,
    m.key,
    m.route,
    m.channel,
    m.address,
    m.subject,
    m.body,
    m.made_at,
    m.tries
from alert_message as m
where m.state = 'waiting' and m.next_try_at <= :as_of
order by m.message_id
