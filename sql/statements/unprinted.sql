-- Statements that go out on paper and have not been printed, in the order of their ZIP codes, as mail houses want
-- them. Statements whose notice bounced are among them.
select s.statement_id
from statement as s
inner join contract as c on s.contract_id = c.contract_id
where
    c.lender_id = :lender_id
    and s.made_on <= :made_on
    and (
        s.delivery = 'paper'
        or exists (select from statement_fallback as f where f.statement_id = s.statement_id)
    )
    and not exists (select from print_piece as p where p.statement_id = s.statement_id)
order by substring(s.kept ->> 'address' from '([0-9]{5})(?:-[0-9]{4})?\s*$'), s.statement_id
