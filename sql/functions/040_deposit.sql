-- The deposit of a site day: all accepted checks in clearing that were not deposited yet, their journal (debit
-- deposits, credit clearing) and the list of items. One statement, once per site day (I4, I7).
create or replace function make_deposit(site text, business_on date, as_of timestamptz)
returns table (deposit_id bigint, items int, amount_cents bigint) language plpgsql
security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with accepted as (
        select
            j.item_id,
            j.clearing_cents
        from item_journal as j
        where
            j.site_id = site
            and j.business_date = business_on
            and not j.is_reversed
            and not exists (select from deposit_item as d where d.item_id = j.item_id)
    ),

    ticket as (
        select
            count(*) as items,
            sum(clearing_cents)::bigint as amount_cents
        from accepted
        having count(*) > 0
    ),

    made as (
        insert into journal (source_kind, source_key, site_id, business_date, effective_date, posted_at, maker)
        select
            'deposit',
            site || '/' || business_on,
            site,
            business_on,
            business_on,
            as_of,
            'engine'
        from ticket
        returning journal_id
    ),

    lines as (
        insert into entry (journal_id, line_no, account, amount_cents)
        select m.journal_id, 1, 'bank.deposits', t.amount_cents
        from made as m cross join ticket as t
        union all
        select m.journal_id, 2, 'clearing.' || site, -t.amount_cents
        from made as m cross join ticket as t
        returning journal_id
    ),

    deposited as (
        insert into deposit (site_id, business_date, items, amount_cents, journal_id, made_at)
        select site, business_on, t.items, t.amount_cents, m.journal_id, as_of
        from made as m cross join ticket as t
        returning deposit_id, items, amount_cents
    ),

    listed as (
        insert into deposit_item (item_id, deposit_id)
        select a.item_id, d.deposit_id
        from accepted as a cross join deposited as d
        returning item_id
    )

    select
        d.deposit_id,
        d.items,
        d.amount_cents
    from deposited as d;
end $$;
