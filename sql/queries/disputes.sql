-- Disputes with their newest step: open ones, all, or one by its number. What is due first comes first.
select
    d.case_id,
    c.account_number,
    c.lender_id,
    b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as item,
    d.subject,
    d.received_on,
    d.state,
    d.due_on,
    d.determination,
    d.maker,
    d.checker,
    d.compliance_code
from dispute_state as d
inner join contract as c on d.contract_id = c.contract_id
inner join item as i on d.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
where (:closed or d.state <> 'closed') and (:dispute = 0 or d.case_id = :dispute)
order by d.due_on nulls last, d.case_id
