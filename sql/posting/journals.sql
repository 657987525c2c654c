-- Journals and their lines appear together or not at all, and once (I4). The split over what is owed is a waterfall
-- over intervals: the overlap of a payment with a charge is what the payment pays of it. What no charge takes is
-- unapplied.
with part as (
    select
        p.item_id,
        p.line_no,
        p.contract_id,
        o.charge_id,
        'receivable.' || o.kind as account,
        least(p.to_cents, o.to_cents) - greatest(p.from_cents, o.from_cents) as amount_cents
    from post_payment as p
    inner join post_owed as o
        on p.contract_id = o.contract_id and p.from_cents < o.to_cents and p.to_cents > o.from_cents
),

line as (
    select
        item_id, 1 as part_order, 'clearing.' || site_id as account, amount_cents,
        null::bigint as contract_id, null::bigint as charge_id
    from post_due
    union all
    select item_id, 2, account, -amount_cents, contract_id, charge_id
    from part
    union all
    select
        p.item_id, 3, 'suspense.unapplied', -(p.amount_cents - coalesce(sum(part.amount_cents), 0))::bigint,
        p.contract_id, null
    from post_payment as p
    left join part on p.item_id = part.item_id and p.line_no = part.line_no
    group by p.item_id, p.line_no, p.contract_id, p.amount_cents
    having p.amount_cents > coalesce(sum(part.amount_cents), 0)
    union all
    select due.item_id, 4, 'suspense.unapplied', -l.amount_cents, l.contract_id, null
    from post_due as due
    inner join decision_line as l on due.decision_id = l.decision_id
    where due.suspense_kind = 'unapplied'
    union all
    select item_id, 5, 'suspense.unidentified', -amount_cents, null, null
    from post_due
    where suspense_kind = 'unidentified'
),

made as (
    insert into journal (
        source_kind, source_key, site_id, item_id, business_date, effective_date, posted_at, maker
    )
    select
        'item', site_id || '/' || business_date || '/' || batch_no || '/' || sequence, site_id, item_id,
        business_date, effective_date, :as_of, maker
    from post_due
    order by sequence
    returning journal_id, item_id
)

insert into entry (journal_id, line_no, account, amount_cents, contract_id, charge_id)
select
    made.journal_id,
    row_number() over (partition by made.journal_id order by line.part_order, line.contract_id, line.charge_id),
    line.account,
    line.amount_cents,
    line.contract_id,
    line.charge_id
from made
inner join line on made.item_id = line.item_id
