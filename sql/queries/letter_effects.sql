-- What was proposed for a letter, oldest first, and what was done.
select
    r.resolution_id,
    r.state,
    e.kind,
    c.account_number,
    e.facts,
    d.message
from resolution_state as r
inner join letter_effect as e on r.resolution_id = e.resolution_id
inner join contract as c on e.contract_id = c.contract_id
left join letter_effect_done as d on r.resolution_id = d.resolution_id
where r.item_id = :item
order by r.resolution_id
