-- Contracts found paid off on the day or the three before it: with the last payment, its refund, and the last day
-- for the release of the lien.
create temp table planned on commit drop as
select
    l.contract_id,
    'paid/' || l.paid_on as occasion,
    jsonb_build_object(
        'product', c.product, 'amount_cents', k.amount_cents, 'paid_on', l.paid_on,
        'refund_cents', p.refund_cents, 'release_on', l.due_on
    ) as facts
from lien_release as l
inner join contract as c on l.contract_id = c.contract_id
inner join position as p on l.contract_id = p.contract_id
inner join lateral (
    select -sum(e.amount_cents)::bigint as amount_cents
    from entry as e
    inner join journal as j on e.journal_id = j.journal_id and j.source_kind in ('item', 'identification')
    where
        e.contract_id = l.contract_id
        and not exists (select from journal as r where r.reverses = j.journal_id)
    group by j.journal_id
    order by j.journal_id desc
    limit 1
) as k on true
where
    l.withdrawn_on is null
    and l.noted_on > cast(:day as date) - cast(:days as int)
    and l.noted_on <= cast(:day as date)
