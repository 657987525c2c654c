-- No charge is paid beyond what was owed on it, and none owes more than it was made for.
-- Why: RULES I8: none above what was owed in that bucket.
select
    charge_id,
    contract_id,
    kind,
    amount_cents,
    open_cents
from charge_open
where open_cents < 0 or open_cents > amount_cents;
