-- What stands of one check on one contract beside the check's own journal: by what it was identified, and later uses of
-- its unapplied money there. Columns as in item_journals.sql.
select
    j.journal_id,
    j.source_kind,
    j.source_key,
    j.site_id,
    j.effective_date,
    c.account_number
from journal as j
inner join contract as c on c.contract_id = :contract
where
    j.item_id = :item and j.source_kind <> 'item'
    and exists (select from entry as e where e.journal_id = j.journal_id and e.contract_id = c.contract_id)
    and not exists (select from journal as r where r.reverses = j.journal_id)
order by j.source_kind <> 'identification', j.journal_id
