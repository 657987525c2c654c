-- What the night of a business date wrote, and the status of the contracts after it.
select
    (select count(*) from installment as i where i.billed_on = :business_date) as billed,
    (
        select (coalesce(sum(s.lines), 0) - count(*))::bigint from journal as j
        cross join lateral (select count(*) as lines from entry as e where e.journal_id = j.journal_id) as s
        where j.source_kind = 'accrual' and j.business_date = :business_date
    ) as accrued,
    (
        select coalesce(-sum(e.amount_cents), 0)::bigint from journal as j
        inner join entry as e on j.journal_id = e.journal_id and e.line_no = 2147483647 -- its income line
        where j.source_kind = 'accrual' and j.business_date = :business_date
    ) as accrued_cents,
    (
        select count(*) from late_fee as f
        inner join journal as j on f.journal_id = j.journal_id and j.source_kind = 'late_fee'
        where j.business_date = :business_date
    ) as late_fees,
    (
        select coalesce(sum(f.amount_cents), 0)::bigint from late_fee as f
        inner join journal as j on f.journal_id = j.journal_id and j.source_kind = 'late_fee'
        where j.business_date = :business_date
    ) as late_fees_cents,
    (
        select count(*) from journal as j
        where j.source_kind = 'application' and j.business_date = :business_date
    ) as applied,
    (
        select count(*) from journal as j
        where j.source_kind = 'refund' and j.business_date = :business_date
    ) as refunds,
    (
        select count(*) from payoff_tender as t
        where t.noted_on = :business_date and t.result <> 'short'
    ) as payoffs,
    (
        select count(*) from payoff_quote as q
        where q.ended_on = :business_date and q.ending = 'expired'
    ) as quotes_expired,
    (
        select count(*) from lien_release as l
        where l.released_on is null and l.withdrawn_on is null
    ) as liens_to_release,
    (
        select count(*) from lien_release as l
        where l.released_on is null and l.withdrawn_on is null and l.due_on < :business_date
    ) as liens_overdue,
    late.past_due,
    late.past_due_cents,
    (
        select count(*) from delinquency_status as s
        where s.status_on = :business_date
    ) as status_changes,
    (select count(*) from position) as contracts,
    (select coalesce(sum(t.balance_cents), 0)::bigint from trial_balance as t) as ledger_cents
from (
    select
        count(*) as past_due,
        coalesce(sum(p.past_due_cents), 0)::bigint as past_due_cents
    from past_due(:business_date) as p
) as late
