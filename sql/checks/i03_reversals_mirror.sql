-- A reversal takes back exactly what it reverses: same accounts, contracts and charges, opposite amounts.
-- Why: history is never changed, only answered (RULES I3, I11); a reversal is not reversed itself, and not before.
select
    r.journal_id,
    r.reverses,
    'lines do not mirror' as fault
from journal as r
cross join
    lateral (
        select
            e.account,
            e.contract_id,
            e.charge_id
        from entry as e
        where e.journal_id in (r.journal_id, r.reverses)
        group by e.account, e.contract_id, e.charge_id
        having sum(e.amount_cents) <> 0
    ) as off
where r.reverses is not null
group by r.journal_id
union all
select
    r.journal_id,
    r.reverses,
    'reverses a reversal, or something later' as fault
from journal as r
inner join journal as j on r.reverses = j.journal_id
where j.source_kind = 'reversal' or j.posted_at > r.posted_at;
