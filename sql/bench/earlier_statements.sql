-- The statements that all contracts got in the weeks before. Of the installments due :due_on the one before stands, and
-- the next is to be made. As if made when the contracts were opened, with what they owed then.
insert into statement (
    contract_id, due_on, made_on, period_from, seen, sealed_through, as_of, amount_due_cents, balances, kept,
    content_sha256, delivery
)
select
    i.contract_id,
    case when i.due_on = :due_on then (i.due_on - interval '1 month')::date else i.due_on end,
    :made_on,
    cast(:made_on as date) - 30 as period_from,
    pg_current_snapshot(),
    j.through,
    :as_of,
    0,
    jsonb_build_object(
        'principal', p.principal_cents, 'interest', p.interest_cents, 'fee', p.fee_cents, 'rent', p.rent_cents,
        'tax', p.tax_cents, 'unapplied', -p.unapplied_cents
    ),
    '{}',
    repeat('0', 64),
    'paper'
from installment as i
inner join position as p on i.contract_id = p.contract_id
cross join (select max(journal_id) as through from journal) as j
where i.due_on > :made_on and i.due_on <= :due_on
