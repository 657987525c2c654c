-- What the staged master says otherwise than the database: one row per difference, named by what it is about. A
-- contract that is known must come with the terms and the balances it was opened with; what it got later is none of
-- the master's business.
with known as materialized (
    select
        k.contract_id,
        k.account_number,
        u.customer_no,
        k.product,
        k.state,
        k.opened_on,
        k.original_cents
    from (
        select account_number from new_contract
        union
        select account_number from new_terms
        union
        select account_number from new_opening
        union
        select account_number from new_flag
    ) as n
    inner join contract as k on n.account_number = k.account_number and k.lender_id = :lender_id
    inner join customer as u on k.customer_id = u.customer_id
),

opened as (
    select
        k.account_number,
        e.account,
        e.amount_cents
    from known as k
    inner join journal as j
        on j.source_kind = 'opening' and j.source_key = cast(:lender_id as text) || '/' || k.account_number
    inner join entry as e on j.journal_id = e.journal_id and e.contract_id is not null
    where exists (select from new_opening as o where o.account_number = k.account_number)
),

staged as (
    select
        o.account_number,
        x.account,
        x.amount_cents
    from known as k
    inner join new_opening as o on k.account_number = o.account_number
    cross join
        lateral (
            values
            ('receivable.principal', o.principal_cents),
            ('receivable.interest', o.interest_cents),
            ('receivable.fee', o.fee_cents),
            ('receivable.rent', o.rent_cents),
            ('receivable.tax', o.tax_cents),
            ('suspense.unapplied', -o.unapplied_cents)
        ) as x (account, amount_cents)
    where x.amount_cents <> 0
)

select
    'contract' as about,
    n.account_number as name
from new_contract as n
inner join known as k on n.account_number = k.account_number
where
    (n.customer_no, n.product, n.state, n.opened_on, n.original_cents)
    is distinct from (k.customer_no, k.product, k.state, k.opened_on, k.original_cents)
union
select
    'opening of contract' as about,
    d.account_number as name
from (
    (
        select * from opened
        except
        select * from staged
    )
    union all
    (
        select * from staged
        except
        select * from opened
    )
) as d
union
select
    'terms of contract' as about,
    n.account_number as name
from new_terms as n
inner join known as k on n.account_number = k.account_number
inner join contract_terms as t on k.contract_id = t.contract_id and n.version = t.version
where
    (n.valid_from, n.rate_ppm, n.day_count, n.method, n.order_id, n.excess)
    is distinct from (t.valid_from, t.rate_ppm, t.day_count, t.method, t.order_id, t.excess)
    or (
        select
            array_agg(
                (r.first_no, r.first_due_on, r.due_day, r.count, r.amount_cents, r.tax_cents)::text
                order by r.first_no
            )
        from new_run as r
        where r.account_number = n.account_number and r.version = n.version
    ) is distinct from (
        select
            array_agg(
                (r.first_no, r.first_due_on, r.due_day, r.count, r.amount_cents, r.tax_cents)::text
                order by r.first_no
            )
        from schedule_run as r
        where r.contract_id = k.contract_id and r.version = n.version
    )
    or exists (
        select from new_lease as l
        inner join lease_terms as m on m.contract_id = k.contract_id and l.version = m.version
        where
            l.account_number = n.account_number and l.version = n.version
            and (
                l.term_months, l.residual_cents, l.disposition_fee_cents, l.purchase_fee_cents, l.allowed_miles,
                l.excess_mile_cents, l.tax_ppm
            ) is distinct from (
                m.term_months, m.residual_cents, m.disposition_fee_cents, m.purchase_fee_cents, m.allowed_miles,
                m.excess_mile_cents, m.tax_ppm
            )
    )
union
select
    'flag ' || n.flag || ' of contract' as about,
    n.account_number as name
from new_flag as n
inner join known as k on n.account_number = k.account_number
inner join contract_flag as f
    on k.contract_id = f.contract_id and n.flag = f.flag and n.valid_from = f.valid_from
where n.valid_to is distinct from f.valid_to
union
select
    'customer' as about,
    n.customer_no as name
from new_customer as n
inner join customer as u on n.customer_no = u.customer_no and u.lender_id = :lender_id
where
    n.name is distinct from u.name
    -- a customer who moved since keeps the address of the letter
    or n.address is distinct from coalesce(
        (
            select a.before from address_change as a
            where a.customer_id = u.customer_id
            order by a.change_id
            limit 1
        ),
        u.address
    )
order by about, name
limit 20
