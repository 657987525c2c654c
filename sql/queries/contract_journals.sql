-- Every journal of a contract up to an instant, oldest first, with its amounts: one row per journal.
select
    j.journal_id,
    j.source_kind,
    j.source_key,
    j.business_date,
    j.effective_date,
    j.posted_at,
    j.maker,
    j.reverses,
    j.reason,
    coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.principal'), 0)::bigint as principal_cents,
    coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.interest'), 0)::bigint as interest_cents,
    coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.fee'), 0)::bigint as fee_cents,
    coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.rent'), 0)::bigint as rent_cents,
    coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.tax'), 0)::bigint as tax_cents,
    coalesce(sum(e.amount_cents) filter (where e.account = 'suspense.unapplied'), 0)::bigint as unapplied_cents,
    coalesce(sum(e.amount_cents) filter (where e.account = 'payable.refund'), 0)::bigint as refund_cents
from entry as e
inner join journal as j on e.journal_id = j.journal_id
where e.contract_id = :contract_id and j.posted_at <= :as_of
group by j.journal_id
order by j.journal_id
