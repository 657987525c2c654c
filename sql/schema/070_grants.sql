-- The product connects as lockbox_app, which can add to history but never change it.
do $$ begin
    if not exists (select from pg_roles where rolname = 'lockbox_app') then
        create role lockbox_app;
    end if;
end $$;
grant usage on schema public to lockbox_app;
grant select, insert on all tables in schema public to lockbox_app;
grant usage on all sequences in schema public to lockbox_app;
grant update on lender, site, site_cut_off, payee, policy, customer, contract, contract_flag, site_day, stage_run
to lockbox_app;
