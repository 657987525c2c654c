-- Clearing is back to 0 for every closed day of a site, and never below 0 on an open day.
-- Why: every accepted check leaves clearing with its day's deposit (RULES I7).
select
    j.site_id,
    j.business_date,
    e.account,
    sum(e.amount_cents)::bigint as left_cents,
    c.closed_at is not null as is_closed
from entry as e
inner join journal as j on e.journal_id = j.journal_id
left join day_close as c on j.site_id = c.site_id and j.business_date = c.business_date
where
    (cast(:since as date) is null or j.business_date >= :since)
    and j.source_kind in ('item', 'deposit', 'reversal') and e.account like 'clearing.%'
group by j.site_id, j.business_date, e.account, c.closed_at
having
    e.account <> 'clearing.' || j.site_id
    or (c.closed_at is not null and sum(e.amount_cents) <> 0)
    or sum(e.amount_cents) < 0;
