-- A lender's contracts to examine after a day: first those about which something unusual was written or decided on that
-- day, then others with entries of that day, and the next ones in turn, so that all contracts get their turn.
with unusual as (
    select e.contract_id
    from journal as j
    inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
    where
        j.business_date = :day
        and j.source_kind not in ('opening', 'accrual', 'billing', 'item', 'application', 'late_fee')
    union
    select f.contract_id from contract_flag as f where :day in (f.valid_from, f.valid_to)
    union
    select t.contract_id from contract_terms as t where t.valid_from = :day
    union
    select v.contract_id from contract_event as v where v.effective_on = :day
),

written as (
    (
        select
            u.contract_id,
            1 as place
        from unusual as u
        inner join contract as c on u.contract_id = c.contract_id and c.lender_id = :lender_id
        order by mod(u.contract_id * 7919, 10007)
        limit :half
    )
    union all
    (
        select
            e.contract_id,
            2 as place
        from (
            select j.journal_id from journal as j
            where j.business_date = :day and j.source_kind not in ('opening', 'accrual', 'billing')
            order by mod(j.journal_id * 7919, 10007)
            limit :half
        ) as n
        inner join entry as e on n.journal_id = e.journal_id and e.contract_id is not null
        inner join contract as c on e.contract_id = c.contract_id and c.lender_id = :lender_id
        limit :half
    )
),

place as (
    select
        min(c.contract_id) + mod(
            cast(cast(:day as date) - date '2000-01-01' as bigint) * :half,
            max(c.contract_id) - min(c.contract_id) + 1
        ) as first_id
    from contract as c
),

next_ones as (
    select c.contract_id
    from contract as c
    cross join place as p
    where c.lender_id = :lender_id and c.contract_id >= p.first_id
    order by c.contract_id
    limit :half
)

select w.contract_id from (select x.contract_id from written as x order by x.place limit :half) as w
union
select n.contract_id from next_ones as n
