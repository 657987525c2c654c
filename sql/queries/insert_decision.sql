-- The next decision on an item.
insert into decision (
    item_id, version, kind, outcome, suspense_kind, amount_cents, misread_ppm, reasons, ranked, maker, decided_at
)
select
    :item,
    coalesce(max(d.version), 0) + 1,
    :kind,
    :outcome,
    :suspense_kind,
    :amount,
    :misread_ppm,
    :reasons,
    cast(:ranked as jsonb),
    :maker,
    :as_of
from decision as d
where d.item_id = :item
returning decision_id
