-- Payments posted on the day or the three before it, in case a night was missed, and not reversed.
create temp table planned on commit drop as
select
    e.contract_id,
    'journal/' || j.journal_id as occasion,
    jsonb_build_object(
        'amount_cents', -sum(e.amount_cents),
        'credited_on', j.effective_date,
        'unapplied_cents', coalesce(-sum(e.amount_cents) filter (where e.account = 'suspense.unapplied'), 0)
    ) as facts
from journal as j
inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
where
    j.source_kind in ('item', 'identification')
    and j.business_date > cast(:day as date) - cast(:days as int)
    and j.business_date <= cast(:day as date)
    and not exists (select from journal as r where r.reverses = j.journal_id)
group by e.contract_id, j.journal_id, j.effective_date
