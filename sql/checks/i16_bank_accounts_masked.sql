-- No reading or item contains more than the last four digits of a payer's bank account.
-- Why: bank accounts are unreadable at rest (RULES I16, Nacha data security). The MICR line contains the account as
-- well.
select
    'reading' as found_in,
    r.item_id,
    f.field
from reading as r
inner join item as i on r.item_id = i.item_id
inner join batch as b on i.batch_id = b.batch_id
cross join (values ('bank_account'), ('micr_line')) as f (field)
cross join
    lateral jsonb_path_query(
        r.reading, '$.fields.*[*] ? (@.name == $field).candidates[*].value', jsonb_build_object('field', f.field)
    ) as v (value)
where
    (cast(:since as date) is null or b.business_date >= :since)
    and length(regexp_replace(v.value #>> '{}', '[^0-9]', '', 'g')) > 4
union all
select
    'item' as found_in,
    i.item_id,
    k.key as field
from item as i
inner join batch as b on i.batch_id = b.batch_id
cross join lateral jsonb_each_text(i.carried) as k (key, value)
where
    (cast(:since as date) is null or b.business_date >= :since)
    and k.key in ('bank_account', 'account_number', 'on_us', 'micr_line', 'account_last_four')
    and length(regexp_replace(k.value, '[^0-9]', '', 'g')) > 4
