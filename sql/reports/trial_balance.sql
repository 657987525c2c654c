-- Every ledger account with its balance up to and including a day; debit positive. Together they are 0 (I2).
select
    a.account,
    a.kind,
    a.name,
    coalesce(sum(e.amount_cents) filter (where j.business_date <= :business_date), 0)::bigint as balance_cents,
    coalesce(sum(e.amount_cents) filter (where j.business_date = :business_date and e.amount_cents > 0), 0)::bigint
        as debit_cents, -- of the day
    coalesce(-sum(e.amount_cents) filter (where j.business_date = :business_date and e.amount_cents < 0), 0)::bigint
        as credit_cents
from ledger_account as a
left join entry as e on a.account = e.account
left join journal as j on e.journal_id = j.journal_id
group by a.account
order by array_position(array['asset', 'liability', 'equity', 'income'], a.kind), a.account
