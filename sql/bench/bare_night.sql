-- The rows that the night of a date wrote, written again with bare set-based SQL: interest worked out and posted for
-- every loan, positions moved on, installments billed, all other journals copied.
insert into bare_installment
select * from installment where billed_on = :day;

insert into bare_journal overriding system value
select * from journal where business_date = :day and maker = 'night';

with accrued as (
    update bare_position as p
    set
        interest_cents
        = p.interest_cents + (p.carry + p.principal_cents * t.rate_ppm * 366 + 66795000000) / 133590000000,
        carry = p.carry + p.principal_cents * t.rate_ppm * 366
        - (p.carry + p.principal_cents * t.rate_ppm * 366 + 66795000000) / 133590000000 * 133590000000,
        accrued_through = :day
    from contract_terms as t
    where p.contract_id = t.contract_id and p.terms_version = t.version
    returning
        p.contract_id,
        (old.carry + old.principal_cents * t.rate_ppm * 366 + 66795000000) / 133590000000 as cents
)

insert into bare_entry (journal_id, line_no, account, amount_cents, contract_id)
select 0, row_number() over (), 'receivable.interest', a.cents, a.contract_id
from accrued as a
where a.cents > 0;

insert into bare_entry
select e.*
from entry as e
inner join journal as j on e.journal_id = j.journal_id
where j.business_date = :day and j.maker = 'night' and (j.source_kind <> 'accrual' or e.contract_id is null)
