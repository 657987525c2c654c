-- What needs attention, by topic (failed, late, people, customers) and whether somebody has acknowledged it: errors
-- first, the newest first; at most `shown` of each, and how many there are.
select a.*
from (
    select
        v.*,
        v.acknowledged_at is not null as is_acknowledged,
        count(*) over (partition by v.topic, v.acknowledged_at is not null) as number,
        row_number() over (
            partition by v.topic, v.acknowledged_at is not null
            order by array_position(array['error', 'warning', 'info'], v.severity), v.last_at desc, v.event_id desc
        ) as place
    from attention as v
) as a
where a.place <= :shown
order by
    a.is_acknowledged,
    array_position(array['failed', 'late', 'people', 'customers'], a.topic),
    a.place
