-- Open suspense by age on a day: number of checks and amount by account. Unclaimed money is presumed abandoned after
-- three years (Tex. Prop. Code 72.101).
select
    o.account,
    a.bucket,
    a.place,
    count(*) as items,
    sum(o.amount_cents)::bigint as amount_cents,
    min(o.opened_on) as oldest_on
from suspense_open as o
cross join
    lateral (
        select
            case
                when o.opened_on = :business_date then 'today'
                when o.opened_on > cast(:business_date as date) - 8 then 'up to a week'
                when o.opened_on > cast(:business_date as date) - 31 then 'up to 30 days'
                when o.opened_on > cast(:business_date as date) - 91 then 'up to 90 days'
                when o.opened_on > cast(:business_date as date) - interval '3 years' then 'up to 3 years'
                else 'over 3 years'
            end as bucket,
            case
                when o.opened_on = :business_date then 1
                when o.opened_on > cast(:business_date as date) - 8 then 2
                when o.opened_on > cast(:business_date as date) - 31 then 3
                when o.opened_on > cast(:business_date as date) - 91 then 4
                when o.opened_on > cast(:business_date as date) - interval '3 years' then 5
                else 6
            end as place
    ) as a
where o.opened_on <= :business_date
group by o.account, a.bucket, a.place
order by o.account, a.place
