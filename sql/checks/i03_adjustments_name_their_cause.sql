-- Every adjustment names an earlier payment, event, flag or version of terms as its cause; amounts moved between
-- payments net to 0.
-- Why: history is never changed, only corrected by new journals (RULES I3, I10, I11). "reversal/<journal>/..." belongs
-- to a reversed payment, "late/<journal>/..." to one that was posted after the night of its day, or before the one
-- ahead of it, "event/<event>/..." to a person's decision with an earlier effective date,
-- "terms/<version>/<account number>" to terms and "flag/<day>/<account number>/<flag>" to a flag that came for an
-- earlier day, "takeover/<day>/<account number>" to a contract taken over before the last night.
select
    a.journal_id,
    a.source_key,
    'names no cause' as fault
from journal as a
left join journal as j
    on
        case
            when a.source_key similar to '[a-z]+/[0-9]{1,18}/%' then cast(split_part(a.source_key, '/', 2) as bigint)
        end = j.journal_id
        and a.journal_id > j.journal_id
        and j.source_kind in ('item', 'identification', 'fee')
        and a.source_key not like 'event/%'
        and a.source_key not like 'terms/%'
        and a.source_key not like 'flag/%'
        and a.source_key not like 'takeover/%'
where
    a.source_kind = 'adjustment'
    and (cast(:since as date) is null or a.business_date >= :since)
    and not exists (
        select from contract_event as v
        where
            a.source_key similar to 'event/[0-9]{1,18}/%'
            and cast(v.event_id as text) = split_part(a.source_key, '/', 2)
    )
    and not exists (
        select from contract_terms as t
        inner join contract as c on t.contract_id = c.contract_id
        where
            a.source_key similar to 'terms/[0-9]{1,9}/%'
            and cast(t.version as text) = split_part(a.source_key, '/', 2)
            and c.account_number = split_part(a.source_key, '/', 3)
            and t.valid_from = a.effective_date
    )
    and not exists (
        select from opening as o
        inner join contract as c on o.contract_id = c.contract_id
        where
            a.source_key like 'takeover/%'
            and to_char(o.opened_on, 'YYYYMMDD') = split_part(a.source_key, '/', 2)
            and c.account_number = split_part(a.source_key, '/', 3)
            and o.opened_on < a.effective_date
    )
    and not exists (
        select from contract_flag as f
        inner join contract as c on f.contract_id = c.contract_id
        where
            a.source_key like 'flag/%'
            and to_char(f.valid_from, 'YYYYMMDD') = split_part(a.source_key, '/', 2)
            and c.account_number = split_part(a.source_key, '/', 3)
            and f.flag = split_part(a.source_key, '/', 4)
    )
    and (
        j.journal_id is null
        or split_part(a.source_key, '/', 1) not in ('reversal', 'late')
        or (
            split_part(a.source_key, '/', 1) = 'reversal'
            and not exists (select from journal as r where r.reverses = j.journal_id)
        )
    )
union all
select
    max(e.journal_id) as journal_id,
    cast(e.contract_id as text) as source_key,
    'moved between checks, and not to 0' as fault
from entry as e
where
    e.account = 'transfer.adjustment'
    and e.contract_id in (
        select t.contract_id from journal as a
        inner join entry as t on a.journal_id = t.journal_id
        where a.source_kind = 'adjustment' and (cast(:since as date) is null or a.business_date >= :since)
    )
group by e.contract_id
having sum(e.amount_cents) <> 0
