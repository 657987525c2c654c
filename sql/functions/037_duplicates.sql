-- Checks that look the same: seen before, the same once more, or honest twins.

-- The items that carried this fingerprint before an item did. A check whose paper went back to its sender is none:
-- mailed again, it is no duplicate.
create or replace function seen_before(item bigint, mark text) returns setof bigint language sql stable as $$
    select f.item_id
    from fingerprint as f
    where
        f.fingerprint = mark
        and f.item_id <> item
        and f.occurrence < coalesce(
            (select o.occurrence from fingerprint as o where o.fingerprint = mark and o.item_id = item), 2147483647
        )
        and not exists (
            select from pull_entry as e
            inner join pull_step as s on e.entry_no = s.entry_no
            where e.item_id = f.item_id and e.action = 'return' and s.state = 'confirmed'
        )
    order by f.occurrence
$$;

-- Refuses to deposit a check that was seen before, unless the person says that both are honest; and to file one as the
-- same as a check that looks otherwise. Without a fingerprint as the person reads the check, what was read counts.
create or replace function ensure_not_twice(
    item bigint, outcome text, mark text, is_twin boolean, same_as bigint
) returns void language plpgsql stable set search_path = public, pg_temp as $$
declare
    other record;
begin
    if same_as is not null and not exists (
        select from fingerprint as f
        inner join fingerprint as o on f.fingerprint = o.fingerprint
        where f.item_id = item and o.item_id = same_as
    ) then
        raise exception 'item %: it does not look like item %', item, same_as using errcode = 'LB004';
    end if;
    if outcome not in ('post', 'suspense') or is_twin then
        return;
    end if;
    select b.site_id || '/' || b.business_date || '/' || b.batch_no || '/' || i.sequence as name, d.outcome into other
    from (
        select mark as m
        where mark is not null
        union
        select f.fingerprint from fingerprint as f where f.item_id = item and mark is null
    ) as x
    cross join lateral seen_before(item, x.m) as o (item_id)
    inner join item as i on o.item_id = i.item_id
    inner join batch as b on i.batch_id = b.batch_id
    cross join lateral newest_decision(o.item_id) as d
    limit 1;
    if found then
        raise exception 'item %: it looks like % (%); file it as the same, or say that they are honest twins',
            item, other.name, other.outcome using errcode = 'LB004';
    end if;
end $$;
