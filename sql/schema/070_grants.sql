-- The product connects as lockbox_app, which can add to history but never change it. It cannot add to the ledger
-- directly: the functions of sql/functions do, which run as the owner.
do $$ begin
    if not exists (select from pg_roles where rolname = 'lockbox_app') then
        create role lockbox_app;
    end if;
end $$;
grant usage on schema public to lockbox_app;
grant select, insert on all tables in schema public to lockbox_app;
grant usage on all sequences in schema public to lockbox_app;
grant update on lender, site, site_cut_off, payee, policy, customer, contract_flag, flag_rule, site_day, stage_run
to lockbox_app;
grant delete on replay_waiting to lockbox_app;
grant update (name) on ledger_account to lockbox_app;
grant update on alert, alert_message, alert_sweep to lockbox_app;
revoke insert on
journal, entry, deposit, deposit_item, contract, contract_terms, schedule_run, lease_terms, installment,
installment_credit, opening, position, late_fee, late_fee_assessed, delinquency_status, seal, seal_balance, night,
ops_event, ops_event_kind, alert_kind, resolution, resolution_step, keying, item_lease, own_contract,
suspense_work, suspense_line, suspense_step
from lockbox_app;
