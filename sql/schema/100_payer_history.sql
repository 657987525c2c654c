-- Who paid what before, learned from postings. Banks lay out MICR lines in their own ways: a line that can be read in
-- several ways leaves several tokens, until checks of the same payer show which one is right.

-- The payer's bank account of one reading, for every way to read its MICR line.
create table item_payer (
    item_id bigint not null references item,
    readers text not null,
    layout text not null check (layout in ('sure', 'left', 'end', 'whole')), -- one way; serial first, last, none
    routing text not null check (routing ~ '^[0-9]{9}$'),
    account_token text not null check (account_token ~ '^[0-9a-f]{32}$'),
    primary key (item_id, readers, layout)
);

-- A posted check: its payer's account, and the contract that got money. Rows are only added: the view payer_known
-- leaves out a posting that was wrong.
create table payer_seen (
    account_token text not null check (account_token ~ '^[0-9a-f]{32}$'),
    contract_id bigint not null references contract,
    item_id bigint not null references item,
    layout text not null check (layout in ('sure', 'left', 'end', 'whole')),
    routing text not null check (routing ~ '^[0-9]{9}$'),
    seen_on date not null,
    primary key (account_token, contract_id, item_id)
);
create index payer_seen_contract on payer_seen (contract_id, account_token);

-- The MICR layouts of a bank that a second check of the same payer confirmed; no more than are of use.
create table bank_layout (
    routing text not null check (routing ~ '^[0-9]{9}$'),
    layout text not null check (layout in ('left', 'end', 'whole')),
    item_id bigint not null references item,
    primary key (routing, layout, item_id)
);

do $$
declare
    t text;
begin
    foreach t in array array['item_payer', 'payer_seen', 'bank_layout']
    loop
        execute format(
            'create trigger append_only before update or delete or truncate on %I for each statement '
            'execute function refuse_change()', t);
    end loop;
end $$;
grant select, insert on item_payer, payer_seen, bank_layout to lockbox_app;
