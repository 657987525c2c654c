-- A check's entries are on the right accounts: clearing debited, everything else credited, as the product allows.
-- Why: no part of a payment is negative (RULES I8), and the right total on the wrong account is still wrong. A loan can
-- owe principal and interest, a lease rent and tax, both can owe fees.
select
    e.journal_id,
    e.line_no,
    e.account,
    e.amount_cents,
    e.contract_id,
    c.product
from entry as e
inner join journal as j on e.journal_id = j.journal_id and j.source_kind = 'item'
left join contract as c on e.contract_id = c.contract_id
where
    (cast(:since as date) is null or j.business_date >= :since)
    and (
        (e.account like 'clearing.%') <> (e.amount_cents > 0)
        or (e.account like 'clearing.%' or e.account = 'suspense.unidentified') <> (e.contract_id is null)
        or e.account not similar to '(clearing|suspense|receivable).%'
        or (e.account in ('receivable.principal', 'receivable.interest') and c.product = 'lease')
        or (e.account in ('receivable.rent', 'receivable.tax') and c.product = 'loan')
    );
