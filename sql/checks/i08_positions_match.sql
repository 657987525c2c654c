-- Every balance of a contract equals the sum of its ledger entries.
-- Why: balances are updated with each journal so that nothing has to be added up again; this adds it up (RULES I8). A
-- day's run checks the contracts with any entry other than interest; if there are too many, one thirty-second of them
-- in turn.
with day_journal as materialized (
    select
        j.journal_id,
        j.source_kind
    from journal as j
    where cast(:since as date) is not null and j.business_date >= :since
),

written as materialized ( -- and perhaps some contracts of the day before, whose journals have higher numbers
    select distinct e.contract_id
    from entry as e
    where
        e.journal_id >= (select min(d.journal_id) from day_journal as d)
        and e.contract_id is not null
        and e.journal_id not in (select d.journal_id from day_journal as d where d.source_kind = 'accrual')
),

touched as materialized (
    select w.contract_id
    from written as w
    where
        (select count(*) from written) <= 5000
        or w.contract_id % 32 = extract(day from cast(:since as date))::int
),

line as (
    select e.contract_id, e.account, e.amount_cents
    from entry as e
    where cast(:since as date) is null and e.contract_id is not null
    union all
    -- contract by contract, so that a day's run never reads the whole ledger, however large it is
    select e.contract_id, e.account, e.amount_cents
    from touched as t
    cross join lateral (select x.* from entry as x where x.contract_id = t.contract_id offset 0) as e
),

summed as (
    select
        e.contract_id,
        coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.principal'), 0) as principal_cents,
        coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.interest'), 0) as interest_cents,
        coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.fee'), 0) as fee_cents,
        coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.rent'), 0) as rent_cents,
        coalesce(sum(e.amount_cents) filter (where e.account = 'receivable.tax'), 0) as tax_cents,
        -coalesce(sum(e.amount_cents) filter (where e.account = 'suspense.unapplied'), 0) as unapplied_cents,
        -coalesce(sum(e.amount_cents) filter (where e.account = 'payable.refund'), 0) as refund_cents
    from line as e
    group by e.contract_id
)

select
    c.account_number,
    p.principal_cents - coalesce(s.principal_cents, 0) as off_principal_cents,
    p.interest_cents - coalesce(s.interest_cents, 0) as off_interest_cents,
    p.fee_cents - coalesce(s.fee_cents, 0) as off_fee_cents,
    p.rent_cents - coalesce(s.rent_cents, 0) as off_rent_cents,
    p.tax_cents - coalesce(s.tax_cents, 0) as off_tax_cents,
    p.unapplied_cents - coalesce(s.unapplied_cents, 0) as off_unapplied_cents,
    p.refund_cents - coalesce(s.refund_cents, 0) as off_refund_cents
from position as p
inner join contract as c on p.contract_id = c.contract_id
left join summed as s on p.contract_id = s.contract_id
where
    (cast(:since as date) is null or p.contract_id in (select t.contract_id from touched as t))
    and (
        p.principal_cents, p.interest_cents, p.fee_cents, p.rent_cents, p.tax_cents, p.unapplied_cents, p.refund_cents
    ) is distinct from (
        coalesce(s.principal_cents, 0), coalesce(s.interest_cents, 0), coalesce(s.fee_cents, 0),
        coalesce(s.rent_cents, 0), coalesce(s.tax_cents, 0), coalesce(s.unapplied_cents, 0),
        coalesce(s.refund_cents, 0)
    );
