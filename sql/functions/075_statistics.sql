-- Tells the planner how large the mail and ledger tables have become. It does not know yet of a batch of thousands that
-- was just posted, and a check planned for empty tables would loop over all rows for each row. What grew by
-- no more than a tenth is known well enough: the planner counts pages itself.
create or replace function refresh_statistics() returns void language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    grown text;
begin
    select string_agg(c.relname, ', ') into grown
    from pg_class as c
    where
        c.relnamespace = 'public'::regnamespace
        and c.relname in (
            'batch', 'item', 'decision', 'decision_line', 'journal', 'entry', 'installment', 'installment_credit',
            'deposit_item'
        )
        and pg_relation_size(c.oid) > 1.1 * c.relpages * current_setting('block_size')::int;
    if grown is not null then
        execute 'analyze ' || grown;
    end if;
end $$;
