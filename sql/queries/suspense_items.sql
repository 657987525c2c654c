-- Checks with money in suspense, oldest first; or one check, whatever became of it. `contracts`: for whom people
-- identified it, with what of it is not applied there.
with open_cents as (
    select
        s.item_id,
        sum(s.amount_cents) filter (where s.account = 'suspense.unidentified')::bigint as unidentified_cents,
        sum(s.amount_cents) filter (where s.account = 'suspense.unapplied')::bigint as unapplied_cents
    from suspense_open as s
    where s.item_id is not null
    group by s.item_id
)

select
    i.item_id,
    b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as name,
    d.version,
    b.site_id,
    s.lender_id,
    d.effective_date as received_on,
    d.amount_cents,
    coalesce(o.unidentified_cents, 0) as unidentified_cents,
    coalesce(o.unapplied_cents, 0) as unapplied_cents,
    coalesce((
        select
            jsonb_agg(jsonb_build_object(
                'account_number', c.account_number,
                'identified_cents', x.identified_cents,
                'unapplied_cents', x.unapplied_cents
            ) order by c.account_number)
        from (
            select
                coalesce(g.contract_id, u.contract_id) as contract_id,
                coalesce(g.cents, 0) as identified_cents,
                coalesce(u.amount_cents, 0) as unapplied_cents
            from (
                select t.contract_id, t.cents from suspense_standing as t
                where t.item_id = i.item_id and t.version = d.version and t.contract_id is not null
            ) as g
            full join (
                select p.contract_id, p.amount_cents from suspense_open as p
                where p.item_id = i.item_id and p.account = 'suspense.unapplied'
            ) as u on g.contract_id = u.contract_id
        ) as x
        inner join contract as c on x.contract_id = c.contract_id
    ), '[]') as contracts,
    w.work_id,
    w.state as proposal_state,
    w.action as proposed_action,
    w.maker as proposed_by
from item as i
inner join batch as b on i.batch_id = b.batch_id
inner join site as s on b.site_id = s.site_id
inner join newest_decision(i.item_id) as d on true
left join open_cents as o on i.item_id = o.item_id
left join suspense_work_state as w on i.item_id = w.item_id and w.state in ('proposed', 'ready')
where
    (:site = '' or b.site_id = :site)
    and case
        when :item = '' then o.item_id is not null
        else
            i.item_id::text = :item
            or b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence = :item
    end
order by d.effective_date, b.site_id, b.batch_no, i.sequence
