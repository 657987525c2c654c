-- The next decision on a check that was taken back: it waits for people, or, once deposited, is unidentified money.
insert into decision (
    item_id, version, site_id, business_date, effective_date, kind, outcome, suspense_kind, amount_cents, misread_ppm,
    reasons, ranked, maker, decided_at
)
select
    d.item_id,
    d.version + 1,
    d.site_id,
    :day,
    d.effective_date,
    d.kind,
    case when p.is_deposited then 'suspense' else 'review' end,
    case when p.is_deposited then 'unidentified' end,
    d.amount_cents,
    0,
    array['taken_back'],
    d.ranked,
    'engine',
    :as_of
from newest_decision(:item) as d
cross join (select count(*) > 0 as is_deposited from deposit_item as t where t.item_id = :item) as p
returning outcome
