-- What was waiting when a site day began, what became of it, and what waits at its end. Decisions on the day are
-- compared with those that stood before it: of an item of the day's own mail, with the engine's.
with day as (
    select cast(:site_id as text) as site_id, cast(:business_date as date) as business_date
),

waiting as (
    select
        d.item_id,
        d.kind in ('check', 'other') as is_money,
        d.outcome,
        d.amount_cents,
        d.business_date < y.business_date
        and not exists (
            select from decision as n
            where n.item_id = d.item_id and n.version > d.version and n.business_date < y.business_date
        ) as is_before,
        not exists (
            select from decision as n
            where n.item_id = d.item_id and n.version > d.version and n.business_date <= y.business_date
        ) as is_after
    from day as y
    inner join decision as d on y.site_id = d.site_id and y.business_date >= d.business_date
    where d.outcome in ('review', 'hold')
),

moved as (
    select
        i.item_id,
        b.business_date = y.business_date as is_captured,
        o.kind in ('check', 'other') as was_money,
        o.outcome as old_outcome,
        coalesce(o.amount_cents, 0) as old_cents,
        n.kind in ('check', 'other') as is_money,
        n.outcome as new_outcome,
        coalesce(n.amount_cents, 0) as new_cents
    from day as y
    inner join (
        select distinct d.item_id, d.site_id, d.business_date from decision as d
    ) as t on y.site_id = t.site_id and y.business_date = t.business_date
    inner join item as i on t.item_id = i.item_id
    inner join batch as b on i.batch_id = b.batch_id
    cross join lateral decision_on(i.item_id, y.business_date) as n
    cross join lateral (
        select d.* from decision as d
        where
            d.item_id = i.item_id
            and case
                when b.business_date = y.business_date then d.maker = 'engine' and d.business_date = y.business_date
                else d.business_date < y.business_date
            end
        order by d.version desc
        limit 1
    ) as o
),

waits as (
    select
        count(*) filter (where is_before and is_money and outcome = 'review') as brought,
        coalesce(sum(amount_cents) filter (where is_before and is_money and outcome = 'review'), 0)::bigint
            as brought_cents,
        count(*) filter (where is_before and is_money and outcome = 'hold') as vault_brought,
        coalesce(sum(amount_cents) filter (where is_before and is_money and outcome = 'hold'), 0)::bigint
            as vault_brought_cents,
        count(*) filter (where is_before and not is_money) as papers_brought,
        count(*) filter (where is_after and is_money and outcome = 'review') as carried,
        coalesce(sum(amount_cents) filter (where is_after and is_money and outcome = 'review'), 0)::bigint
            as carried_cents,
        count(*) filter (where is_after and is_money and outcome = 'review' and amount_cents is null)
            as carried_unread,
        count(*) filter (where is_after and is_money and outcome = 'hold') as vault_carried,
        coalesce(sum(amount_cents) filter (where is_after and is_money and outcome = 'hold'), 0)::bigint
            as vault_carried_cents,
        count(*) filter (where is_after and not is_money) as papers_carried
    from waiting
),

moves as (
    select
        count(*) filter (where is_captured and was_money) as captured,
        coalesce(sum(old_cents) filter (where is_captured and was_money), 0)::bigint as captured_cents,
        -- of items that are money before and after: the difference that people, or a release, made
        count(*) filter (where was_money and is_money and old_cents <> new_cents) as items_corrected,
        coalesce(sum(new_cents - old_cents) filter (where was_money and is_money), 0)::bigint as corrected_cents,
        coalesce(sum(new_cents - old_cents) filter (where was_money and is_money and is_captured), 0)::bigint
            as corrected_captured_cents,
        count(*) filter (where not was_money and is_money) - count(*) filter (where was_money and not is_money)
            as reclassified,
        count(*) filter (where is_captured and not was_money and is_money)
        - count(*) filter (where is_captured and was_money and not is_money) as reclassified_captured,
        coalesce(sum(new_cents) filter (where is_captured and not was_money and is_money), 0)::bigint
        - coalesce(sum(old_cents) filter (where is_captured and was_money and not is_money), 0)::bigint
            as reclassified_captured_cents,
        coalesce(sum(new_cents) filter (where not was_money and is_money), 0)::bigint
        - coalesce(sum(old_cents) filter (where was_money and not is_money), 0)::bigint as reclassified_cents,
        -- posted or in suspense before, and decided anew: taken back
        count(*) filter (where not is_captured and old_outcome in ('post', 'suspense')) as reopened,
        coalesce(sum(old_cents) filter (where not is_captured and old_outcome in ('post', 'suspense')), 0)::bigint
            as reopened_cents,
        -- returned, sent on or filed before, and taken up again
        count(*) filter (where not is_captured and was_money and old_outcome in ('reject', 'forward', 'file'))
            as taken_up,
        coalesce(sum(old_cents) filter (
            where not is_captured and was_money and old_outcome in ('reject', 'forward', 'file')
        ), 0)::bigint as taken_up_cents,
        count(*) filter (where not is_captured and not was_money and old_outcome in ('reject', 'forward', 'file'))
            as papers_taken_up,
        count(*) filter (where not is_captured and was_money and old_outcome = 'hold') as from_vault,
        coalesce(sum(old_cents) filter (where not is_captured and was_money and old_outcome = 'hold'), 0)::bigint
            as from_vault_cents,
        count(*) filter (where is_money and new_outcome = 'hold') as to_vault,
        coalesce(sum(new_cents) filter (where is_money and new_outcome = 'hold'), 0)::bigint as to_vault_cents,
        count(*) filter (where is_money and new_outcome in ('post', 'suspense') and not is_captured)
            as accepted_earlier,
        coalesce(sum(new_cents) filter (
            where is_money and new_outcome in ('post', 'suspense') and not is_captured
        ), 0)::bigint as accepted_earlier_cents,
        count(*) filter (where is_money and new_outcome = 'reject') as rejected,
        coalesce(sum(new_cents) filter (where is_money and new_outcome = 'reject'), 0)::bigint as rejected_cents,
        count(*) filter (where is_money and new_outcome = 'forward') as forwarded,
        coalesce(sum(new_cents) filter (where is_money and new_outcome = 'forward'), 0)::bigint as forwarded_cents,
        count(*) filter (where is_money and new_outcome = 'file') as filed,
        coalesce(sum(new_cents) filter (where is_money and new_outcome = 'file'), 0)::bigint as filed_cents,
        count(*) filter (where is_captured and not was_money) as papers_captured,
        count(*) filter (where not is_money and new_outcome <> 'review') as papers_done
    from moved
)

select
    w.*,
    m.*,
    (
        select c.totals -> 'carried' from day_close as c
        where c.site_id = :site_id and c.business_date < :business_date
        order by c.business_date desc
        limit 1
    ) as stored
from waits as w
cross join moves as m
