-- The ledger as a whole sums to 0, and every entry is on a known account.
-- Why: double entry (RULES I2): money moves, it is never made.
select
    'ledger' as ledger,
    sum(e.amount_cents)::bigint as off_cents,
    count(*) filter (where a.account is null) as unknown_accounts
from entry as e
left join ledger_account as a on e.account = a.account
having sum(e.amount_cents) <> 0 or count(*) filter (where a.account is null) > 0;
