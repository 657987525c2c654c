-- Checks that their bank returned on the day or the three before it, with the fees charged by hand or for the return
-- that day.
create temp table planned on commit drop as
select
    e.contract_id,
    'journal/' || j.journal_id as occasion,
    jsonb_build_object(
        'amount_cents', sum(e.amount_cents),
        'returned_on', j.business_date,
        'fee_cents', coalesce((
            select sum(ee.amount_cents)
            from journal as f
            inner join entry as ee on f.journal_id = ee.journal_id
            where
                f.source_kind = 'fee' and f.business_date = j.business_date
                and ee.contract_id = e.contract_id and ee.account = 'receivable.fee'
        ), 0)
    ) as facts
from journal as j
inner join journal as paid on j.reverses = paid.journal_id and paid.source_kind in ('item', 'identification')
inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
where
    j.reason = 'returned'
    and j.business_date > cast(:day as date) - cast(:days as int)
    and j.business_date <= cast(:day as date)
group by e.contract_id, j.journal_id, j.business_date
