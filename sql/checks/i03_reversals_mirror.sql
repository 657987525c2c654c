-- A reversal mirrors its journal exactly: the same accounts and contracts, opposite amounts.
-- Why: history is never changed, only corrected by new journals (RULES I3, I11). A reversal is not reversed, and it
-- does not precede what it reverses.
select
    r.journal_id,
    r.reverses,
    'lines do not mirror' as fault
from journal as r
cross join
    lateral (
        select
            e.account,
            e.contract_id
        from entry as e
        where e.journal_id in (r.journal_id, r.reverses)
        group by e.account, e.contract_id
        having sum(e.amount_cents) <> 0
    ) as off
where r.reverses is not null and (cast(:since as date) is null or r.business_date >= :since)
group by r.journal_id
union all
select
    r.journal_id,
    r.reverses,
    'reverses a reversal, or something later' as fault
from journal as r
inner join journal as j on r.reverses = j.journal_id
where
    (cast(:since as date) is null or r.business_date >= :since)
    and (j.source_kind = 'reversal' or j.posted_at > r.posted_at)
union all
select
    r.journal_id,
    r.reverses,
    'credits to installments do not mirror' as fault
from journal as r
cross join
    lateral (
        select c.installment_no
        from installment_credit as c
        where
            c.journal_id in (r.journal_id, r.reverses)
            and c.contract_id in (select e.contract_id from entry as e where e.journal_id = r.journal_id)
        group by c.contract_id, c.installment_no
        having sum(c.amount_cents) <> 0
    ) as off
where r.reverses is not null and (cast(:since as date) is null or r.business_date >= :since)
group by r.journal_id;
