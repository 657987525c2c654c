-- The whole ledger as one hash over natural keys: two runs posted the same if and only if the hashes are equal. The
-- journal that an adjustment names as its cause is hashed by its own key, because ids differ after an attempt was
-- killed.
select
    count(*) as entries,
    coalesce(sum(abs(e.amount_cents)), 0)::bigint as moved_cents,
    md5(coalesce(string_agg(
        concat_ws(
            '|', j.source_kind, k.source_key, j.effective_date, e.account, e.amount_cents, c.account_number
        ),
        e'\n'
        order by j.source_kind, k.source_key, e.account, e.amount_cents, c.account_number
    ), '')) as signature
from entry as e
inner join journal as j on e.journal_id = j.journal_id
cross join
    lateral (
        select
            case
                when j.source_kind = 'adjustment' and j.source_key ~ '^[a-z]+/[0-9]{1,18}/'
                    then
                        coalesce((
                            select regexp_replace(j.source_key, '/[0-9]+/', '/' || cause.source_key || '/')
                            from journal as cause
                            where cause.journal_id = (split_part(j.source_key, '/', 2))::bigint
                        ), j.source_key)
                else j.source_key
            end as source_key
    ) as k
left join contract as c on e.contract_id = c.contract_id
