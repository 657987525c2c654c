-- The digest of all journals after one, through another, with their entries: every column of every row, in order (I14).
create or replace function ledger_digest(after_id bigint, to_id bigint)
returns table (journals bigint, entries bigint, digest bytea) language sql stable as $$
    select
        count(*),
        coalesce(sum(d.entries), 0)::bigint,
        sha256(coalesce(string_agg(d.digest, ''::bytea order by d.journal_id), ''::bytea))
    from (
        select
            j.journal_id,
            coalesce(e.entries, 0) as entries,
            sha256(convert_to(concat_ws(
                '|', j.journal_id, j.source_kind, j.source_key, coalesce(j.site_id, ''), coalesce(j.item_id, 0),
                j.business_date, j.effective_date, extract(epoch from j.posted_at), j.maker, coalesce(j.reverses, 0),
                e.lines
            ), 'utf8')) as digest
        from journal as j
        left join (
            select
                x.journal_id,
                count(*) as entries,
                string_agg(
                    x.line_no || '|' || x.account || '|' || x.amount_cents || '|' || coalesce(x.contract_id, 0),
                    e'\n' order by x.line_no
                ) as lines
            from entry as x
            where x.journal_id > after_id and x.journal_id <= to_id
            group by x.journal_id
        ) as e on j.journal_id = e.journal_id
        where j.journal_id > after_id and j.journal_id <= to_id
    ) as d
$$;

-- Seals all that was written since the last seal, once per business date: the digest, chained to the one before, and
-- the balance of every account. Nothing under way is missed: every writer of journals has this lock, shared.
create or replace function seal_ledger(business_on date) returns bigint language plpgsql
security definer set search_path = public, pg_temp set work_mem = '64MB' as $$
declare
    before seal;
    newest bigint;
    made bigint;
begin
    perform pg_advisory_xact_lock(hashtextextended('ledger', 0));
    select s.seal_no into made from seal as s where s.business_date = business_on;
    if found then
        return made;
    end if;
    select * into before from seal order by seal_no desc limit 1;
    select coalesce(max(journal_id), 0) into newest from journal;
    insert into seal (seal_no, business_date, after_journal_id, to_journal_id, journals, entries, digest, chain)
    select
        coalesce(before.seal_no, 0) + 1, business_on, coalesce(before.to_journal_id, 0), newest,
        d.journals, d.entries, d.digest, sha256(coalesce(before.chain, '') || d.digest)
    from ledger_digest(coalesce(before.to_journal_id, 0), newest) as d
    returning seal_no into made;
    insert into seal_balance (seal_no, account, balance_cents)
    select made, x.account, sum(x.cents)
    from (
        select b.account, b.balance_cents as cents from seal_balance as b where b.seal_no = before.seal_no
        union all
        select e.account, e.amount_cents from entry as e
        where e.journal_id > coalesce(before.to_journal_id, 0) and e.journal_id <= newest
    ) as x
    group by x.account;
    return made;
end $$;

-- Records that the night is over, with its figures.
create or replace function night_finish(day date, figures jsonb, as_of timestamptz) returns void language sql
security definer set search_path = public, pg_temp as $$
    insert into night (business_date, summary, finished_at) values (day, figures, as_of)
    on conflict (business_date) do nothing
$$;
