-- All that was proposed for the money of one check, oldest first; or, with item 0, what can be made final, by site.
select
    w.work_id,
    w.item_id,
    w.site_id,
    w.action,
    c.account_number as from_account,
    w.amount_cents,
    w.payee_name,
    w.payee_address,
    w.note,
    w.maker,
    w.checker,
    w.proposed_at,
    w.state,
    w.step_note,
    w.business_date,
    coalesce((
        select
            jsonb_agg(jsonb_build_object(
                'account_number', coalesce(k.account_number, ''), 'amount_cents', l.amount_cents, 'excess', l.excess
            ) order by l.line_no)
        from suspense_line as l
        left join contract as k on l.contract_id = k.contract_id
        where l.work_id = w.work_id
    ), '[]') as lines
from suspense_work_state as w
left join contract as c on w.contract_id = c.contract_id
where
    (:site = '' or w.site_id = :site)
    and case when :item = 0 then w.state = 'ready' else w.item_id = :item end
order by w.site_id, w.work_id
