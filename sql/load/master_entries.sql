-- The lines of the opening journals just made: each charge to its receivable, the sum against equity.
with opened as (
    select
        j.journal_id,
        k.contract_id
    from new_contract as n
    inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
    inner join journal as j
        on j.source_kind = 'opening' and j.source_key = k.lender_id || '/' || k.account_number
    where not exists (select from entry as e where e.journal_id = j.journal_id)
)

insert into entry (journal_id, line_no, account, amount_cents, contract_id, charge_id)
select
    o.journal_id,
    c.charge_no,
    'receivable.' || c.kind,
    c.amount_cents,
    c.contract_id,
    c.charge_id
from opened as o
inner join charge as c on o.contract_id = c.contract_id
union all
select
    o.journal_id,
    max(c.charge_no) + 1,
    'equity.opening',
    -sum(c.amount_cents),
    o.contract_id,
    null
from opened as o
inner join charge as c on o.contract_id = c.contract_id
group by o.journal_id, o.contract_id;
