-- Tells the planner how large the mail and ledger tables have become. It does not know yet of a batch of thousands that
-- was just posted, and a check planned for empty tables would loop over all rows for each row.
create or replace function refresh_statistics() returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    analyze batch, item, decision, decision_line, journal, entry, installment, installment_credit, deposit_item;
end $$;
