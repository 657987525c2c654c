-- Every ledger account with its balance through a business date, and through a journal if one is given (the last one
-- at a close); debits are positive, the total is 0 (I2). It starts
-- from the newest seal of that date or earlier, subtracts what that seal includes for later dates, and adds what was
-- written after the seal for dates through this one.
with sealed as (
    select
        s.seal_no,
        s.to_journal_id
    from seal as s
    where
        s.business_date <= :business_date
        and (cast(:through as bigint) is null or s.to_journal_id <= :through)
    order by s.seal_no desc
    limit 1
),

part as (
    select
        b.account,
        b.balance_cents,
        0 as debit_cents,
        0 as credit_cents
    from seal_balance as b
    where b.seal_no = (select s.seal_no from sealed as s)
    union all
    select
        e.account,
        -sum(e.amount_cents) as balance_cents,
        0 as debit_cents,
        0 as credit_cents
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id
    where j.business_date > :business_date and j.journal_id <= (select s.to_journal_id from sealed as s)
    group by e.account
    union all
    select
        e.account,
        sum(e.amount_cents) as balance_cents,
        0 as debit_cents,
        0 as credit_cents
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id
    where
        j.business_date <= :business_date
        and j.journal_id > coalesce((select s.to_journal_id from sealed as s), 0)
        and (cast(:through as bigint) is null or j.journal_id <= :through)
    group by e.account
    union all
    select
        e.account,
        0 as balance_cents,
        sum(greatest(e.amount_cents, 0)) as debit_cents, -- of the day
        sum(greatest(-e.amount_cents, 0)) as credit_cents
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id
    where
        j.business_date = :business_date
        and (cast(:through as bigint) is null or j.journal_id <= :through)
    group by e.account
)

select
    a.account,
    a.kind,
    a.name,
    coalesce(sum(p.balance_cents), 0)::bigint as balance_cents,
    coalesce(sum(p.debit_cents), 0)::bigint as debit_cents,
    coalesce(sum(p.credit_cents), 0)::bigint as credit_cents
from ledger_account as a
left join part as p on a.account = p.account
group by a.account
order by array_position(array['asset', 'liability', 'equity', 'income', 'expense'], a.kind), a.account
