-- By channel, and of webhooks by address: messages that were tried so many times and still wait, and those that were
-- refused where nothing went out to the same address since.
select
    m.channel,
    case m.channel when 'webhook' then m.address else '' end as address,
    count(*) filter (where m.state = 'waiting') as waiting,
    count(*) filter (where m.state <> 'waiting') as refused
from alert_message as m
where
    (m.state = 'waiting' and m.tries >= :tries)
    or (
        m.state in ('refused', 'expired')
        and not exists (
            select from alert_message as s
            where
                s.channel = m.channel and s.address = m.address and s.state = 'sent' and s.ended_at > m.ended_at
        )
    )
group by 1, 2
