-- Notes a lender's contracts about which something unusual was written or decided on a day: they wait to be replayed.
with unusual as (
    select e.contract_id
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
    where
        j.business_date = :day
        and j.source_kind not in ('opening', 'accrual', 'billing', 'item', 'application', 'late_fee')
    union
    select f.contract_id from contract_flag as f where :day in (f.valid_from, f.valid_to)
    union
    select t.contract_id from contract_terms as t where t.valid_from = :day
    union
    select v.contract_id from contract_event as v where v.effective_on = :day
)

insert into replay_waiting (contract_id, since)
select
    u.contract_id,
    :day
from unusual as u
inner join contract as c on u.contract_id = c.contract_id and c.lender_id = :lender_id
on conflict do nothing
returning contract_id
