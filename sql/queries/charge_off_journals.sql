-- The journals of a charge-off and of the recoveries after it that are not reversed.
select
    j.journal_id,
    j.source_kind,
    j.source_key,
    j.site_id,
    j.effective_date,
    c.recovered_cents
from journal as j
cross join
    lateral (
        select cast(coalesce(sum(e.amount_cents), 0) as bigint) as recovered_cents
        from entry as e
        where
            e.journal_id = j.journal_id and e.amount_cents > 0
            and j.source_kind = 'recovery' and e.account in ('suspense.unapplied', 'payable.refund')
    ) as c
where
    j.journal_id in (select e.journal_id from entry as e where e.contract_id = :contract_id)
    and (
        (j.source_kind = 'charge_off' and j.source_key = 'charge_off/' || cast(:event_id as bigint))
        or (
            j.source_kind = 'recovery'
            and j.effective_date >= :charged_off_on
            and j.source_key similar to 'recovery/[0-9]{1,18}/%'
            and cast(split_part(j.source_key, '/', 2) as numeric) > :event_id
        )
    )
    and not exists (select from journal as r where r.reverses = j.journal_id)
order by j.journal_id
