-- The whole ledger as one hash over natural keys: two runs posted the same if and only if theirs are equal.
select
    count(*) as entries,
    coalesce(sum(abs(e.amount_cents)), 0)::bigint as moved_cents,
    md5(coalesce(string_agg(
        concat_ws(
            '|', j.source_kind, j.source_key, j.effective_date, e.account, e.amount_cents, c.account_number
        ),
        e'\n'
        order by j.source_kind, j.source_key, e.account, e.amount_cents, c.account_number
    ), '')) as signature
from entry as e
inner join journal as j on e.journal_id = j.journal_id
left join contract as c on e.contract_id = c.contract_id
