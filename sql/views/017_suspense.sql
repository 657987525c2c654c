-- The state of each proposal about suspense: its last step, or "proposed". One that needs no second person, or has
-- one, is "ready".
create or replace view suspense_work_state as
select
    w.*,
    case
        when s.state = 'confirmed' or (s.state is null and not w.needs_second) then 'ready'
        else coalesce(s.state, 'proposed')
    end as state,
    coalesce(s.step, 0) as step,
    s.taken_by,
    s.note as step_note,
    s.taken_at,
    s.business_date,
    (
        select c.taken_by from suspense_step as c where c.work_id = w.work_id and c.state = 'confirmed'
    ) as checker
from suspense_work as w
left join lateral (
    select x.* from suspense_step as x where x.work_id = w.work_id order by x.step desc limit 1
) as s on true;

-- What people did with the money of a decision, as they decided it: cents by contract that they identified it for, and
-- (no contract) what that changed of its unidentified money. What counts is of the item's newest decision.
create or replace view suspense_standing as
with final as (
    select w.* from suspense_work as w
    where exists (select from suspense_step as s where s.work_id = w.work_id and s.state = 'final')
),

change as (
    select f.item_id, f.expected_version, l.contract_id, l.amount_cents
    from final as f
    inner join suspense_line as l on f.work_id = l.work_id
    union all -- what is identified or moved is taken from somewhere
    select f.item_id, f.expected_version, f.contract_id, -l.amount_cents
    from final as f
    inner join suspense_line as l on f.work_id = l.work_id
    union all
    select f.item_id, f.expected_version, null as contract_id, -f.amount_cents
    from final as f
    where f.action = 'refund'
)

select
    c.item_id,
    c.expected_version as version,
    c.contract_id,
    sum(c.amount_cents)::bigint as cents
from change as c
group by c.item_id, c.expected_version, c.contract_id
having sum(c.amount_cents) <> 0;
