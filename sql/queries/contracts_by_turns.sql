-- A lender's contracts to examine after a day: first those that wait because something unusual was written or decided
-- about them, the oldest first, then others with entries of that day, and the next ones in turn, so that all contracts
-- get their turn.
with written as (
    (
        select
            w.contract_id,
            1 as place
        from replay_waiting as w
        inner join contract as c on w.contract_id = c.contract_id and c.lender_id = :lender_id
        order by w.since, mod(w.contract_id * 7919, 10007)
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
