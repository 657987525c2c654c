-- The ledger as a whole sums to 0, and every entry names a known account and a known contract.
-- Why: double entry (RULES I2): money moves, it is never created. A day's run takes the balances of the last seal
-- before the day, which the check of the seals verifies, and adds what was written since.
with sealed as (
    select s.seal_no, s.to_journal_id
    from seal as s
    where s.business_date < :since
    order by s.seal_no desc
    limit 1
),

total as (
    select coalesce(sum(b.balance_cents), 0) as cents
    from sealed as s inner join seal_balance as b on s.seal_no = b.seal_no
),

later as (
    select
        coalesce(sum(e.amount_cents), 0) as cents,
        count(*) filter (where a.account is null) as unknown_accounts,
        count(*) filter (where e.contract_id is not null and p.contract_id is null) as unknown_contracts
    from entry as e
    left join ledger_account as a on e.account = a.account
    left join position as p on e.contract_id = p.contract_id
    where e.journal_id > coalesce((select s.to_journal_id from sealed as s), 0)
)

select
    'ledger' as ledger,
    (t.cents + l.cents)::bigint as off_cents,
    l.unknown_accounts,
    l.unknown_contracts
from total as t cross join later as l
where t.cents + l.cents <> 0 or l.unknown_accounts > 0 or l.unknown_contracts > 0;
