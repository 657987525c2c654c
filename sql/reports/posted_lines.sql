-- The outcome of every item of a day, for comparison with the ground truth of a simulated day: one row per contract
-- that a posted item was credited to, and one row without contract and amount for any other item. A check that was
-- decided but is not in the ledger yet is "waiting".
select
    b.site_id,
    b.batch_no,
    i.sequence,
    case when d.outcome = 'post' and j.journal_id is null then 'waiting' else d.outcome end as outcome,
    d.reasons,
    j.account_number,
    j.amount_cents
from batch as b
inner join item as i on b.batch_id = i.batch_id
inner join current_decision as d on i.item_id = d.item_id
left join lateral (
    select
        jj.journal_id,
        k.account_number,
        (-sum(e.amount_cents))::bigint as amount_cents
    from journal as jj
    inner join entry as e on jj.journal_id = e.journal_id
    inner join contract as k on e.contract_id = k.contract_id
    where
        jj.item_id = i.item_id
        and d.outcome = 'post'
        and not exists (select from journal as r where r.reverses = jj.journal_id)
    group by jj.journal_id, k.account_number
) as j on true
where b.business_date = :business_date
order by b.site_id, b.batch_no, i.sequence, j.account_number;
