-- No item under a control that does not hold is in the ledger before a person accepted the difference.
-- Why: where a bundle, cash letter, or file does not add up, any of its amounts may be wrong (RULES I6).
select
    b.site_id,
    b.business_date,
    b.batch_no,
    o.record,
    j.item_id
from open_control as o
inner join batch as b on o.batch_id = b.batch_id
inner join item as i on o.batch_id = i.batch_id and i.sequence between o.first_sequence and o.last_sequence
inner join item_journal as j on i.item_id = j.item_id and not j.is_reversed
inner join newest_decision(i.item_id) as d on d.maker = 'engine'
where cast(:since as date) is null or b.business_date >= :since;
