-- Tells the planner how large the tables of the line have become: a batch of thousands posted a moment ago is not known
-- to it yet, and a check that thinks it looks at nothing loops over all for each.
create or replace function refresh_statistics() returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    analyze batch, item, decision, decision_line, journal, entry, installment, installment_credit, deposit_item;
end $$;
