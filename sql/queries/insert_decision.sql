-- The engine's next decision on an item, in the books of a day.
insert into decision (
    item_id, version, site_id, business_date, effective_date, kind, outcome, suspense_kind, amount_cents, misread_ppm,
    reasons, ranked, maker, decided_at
)
select
    i.item_id,
    coalesce((select max(d.version) from decision as d where d.item_id = i.item_id), 0) + 1,
    b.site_id,
    :business_date,
    b.effective_date,
    :kind,
    :outcome,
    :suspense_kind,
    :amount,
    :misread_ppm,
    :reasons,
    cast(:ranked as jsonb),
    'engine',
    :as_of
from item as i
inner join batch as b on i.batch_id = b.batch_id
where i.item_id = :item
returning decision_id
