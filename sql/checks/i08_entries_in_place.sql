-- Entries of a check stand where they belong: clearing is debited, all else credited, and a charge is credited on its
-- own contract and on the account of its kind.
-- Why: no part of a payment is negative (RULES I8), and a right total on the wrong account is still wrong.
select
    e.journal_id,
    e.line_no,
    e.account,
    e.amount_cents,
    e.contract_id,
    e.charge_id,
    c.contract_id as charge_contract_id,
    c.kind as charge_kind
from entry as e
inner join journal as j on e.journal_id = j.journal_id and j.source_kind = 'item'
left join charge as c on e.charge_id = c.charge_id
left join current_decision as d on j.item_id = d.item_id
where
    (e.account like 'clearing.%') <> (e.amount_cents > 0)
    or (e.account like 'receivable.%') <> (e.charge_id is not null)
    or e.account <> coalesce('receivable.' || c.kind, e.account)
    or e.contract_id is distinct from coalesce(c.contract_id, e.contract_id)
    or (e.account = 'suspense.unapplied' and e.contract_id is null)
    or (e.account = 'suspense.unidentified' and e.contract_id is not null)
    or (d.outcome = 'suspense' and e.amount_cents < 0 and e.account <> 'suspense.' || d.suspense_kind)
    or not (e.account like 'clearing.%' or e.account like 'receivable.%' or e.account like 'suspense.%');
