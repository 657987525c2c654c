-- The checks of a day as data to validate: what was read, decided and posted, one row per check.
select
    i.item_id,
    b.site_id,
    b.batch_no,
    d.kind,
    d.outcome,
    d.amount_cents,
    d.misread_ppm,
    j.clearing_cents,
    r.duration_ms,
    r.account_token,
    coalesce(r.reading #>> '{fields,routing,candidates,0,value}', i.carried ->> 'routing') as routing,
    coalesce(r.reading #>> '{fields,serial,candidates,0,value}', i.carried ->> 'serial') as serial,
    -- a decision weighs a doubtful date by how rare it is; no date as rare as this is accepted
    case
        when (r.reading #>> '{fields,date,candidates,0,probability}')::float >= 0.998
            then b.effective_date - (r.reading #>> '{fields,date,candidates,0,value}')::date
    end as age_days,
    b.effective_date - b.business_date as credited_after_days,
    (
        select count(*) from decision_line as l where l.decision_id = d.decision_id
    ) as contracts
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join lateral decision_on(i.item_id, b.business_date) as d on d.kind in ('check', 'other')
left join current_reading as r on i.item_id = r.item_id
left join item_journal as j
    on
        i.item_id = j.item_id and b.business_date >= j.business_date
        and (b.business_date < coalesce(j.reversed_on, 'infinity') or j.is_returned)
where b.business_date = :business_date
order by i.item_id
