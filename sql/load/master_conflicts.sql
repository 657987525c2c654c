-- What the staged master says otherwise than the database: one row per difference, named by what it is about.
-- Charges are compared both ways: a contract that is known must come with exactly the charges it was opened with;
-- those it got later are none of the master's business.
with known as (
    select
        k.contract_id,
        k.account_number,
        u.customer_no,
        k.product,
        k.state,
        k.installment_cents,
        k.due_day,
        k.opened_on
    from contract as k
    inner join customer as u on k.customer_id = u.customer_id
    inner join new_contract as n on k.account_number = n.account_number
    where k.lender_id = :lender_id
),

known_charge as (
    select
        k.account_number,
        c.charge_no,
        c.kind,
        c.due_on,
        c.amount_cents
    from charge as c
    inner join known as k on c.contract_id = k.contract_id
    inner join entry as e on c.charge_id = e.charge_id
    inner join journal as j on e.journal_id = j.journal_id and j.source_kind = 'opening'
),

new_charge_of_known as (
    select n.*
    from new_charge as n
    where n.account_number in (select account_number from known)
)

select
    'contract' as about,
    n.account_number as name
from new_contract as n
inner join known as k on n.account_number = k.account_number
where
    (n.customer_no, n.product, n.state, n.installment_cents, n.due_day, n.opened_on)
    is distinct from (k.customer_no, k.product, k.state, k.installment_cents, k.due_day, k.opened_on)
union all
select
    'charges of contract' as about,
    d.account_number as name
from (
    select * from known_charge
    except
    select * from new_charge_of_known
) as d
union all
select
    'charges of contract' as about,
    d.account_number as name
from (
    select * from new_charge_of_known
    except
    select * from known_charge
) as d
union all
select
    'flag ' || n.flag || ' of contract' as about,
    n.account_number as name
from new_flag as n
inner join known as k on n.account_number = k.account_number
inner join contract_flag as f
    on k.contract_id = f.contract_id and n.flag = f.flag and n.valid_from = f.valid_from
where n.valid_to is distinct from f.valid_to
union all
select
    'customer' as about,
    n.customer_no as name
from new_customer as n
inner join customer as u on n.customer_no = u.customer_no and u.lender_id = :lender_id
where (n.name, n.address) is distinct from (u.name, u.address)
order by about, name
limit 20;
