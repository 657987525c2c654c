-- Plans the notices in the temp table `planned` (contract_id, occasion, facts), and drops it: each once, for customers
-- of the lender who gave an electronic address, and not for contracts that have a flag in `stops` on the day.
create or replace function plan_notices(
    lender text, notice_kind text, day date, stops text[], as_of timestamptz, keep_days int
) returns bigint language plpgsql as $$
declare
    n bigint;
begin
    insert into notice (contract_id, kind, occasion, facts, planned_at, send_until)
    select n.contract_id, notice_kind, n.occasion, n.facts, as_of, as_of + make_interval(days => keep_days)
    from planned as n
    inner join contract as c on n.contract_id = c.contract_id and c.lender_id = lender
    where
        exists (select from contact as a where a.customer_id = c.customer_id)
        and not has_flag(n.contract_id, stops, day)
    on conflict (contract_id, kind, occasion) do nothing;
    get diagnostics n = row_count;
    drop table planned;
    return n;
end $$;
