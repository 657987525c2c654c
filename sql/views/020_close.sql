-- What the day close compares: what each batch's sender declared, what was captured, what was decided and what the
-- ledger has, at the end of the batch's own day: what people decide later counts on later days. Decisions and ledger
-- are counted separately, so that they can be compared.

-- Journals of items in the ledger: the clearing amount of each, whether it was reversed, and whether because the bank
-- returned the check.
create or replace view item_journal as
select
    j.item_id,
    j.journal_id,
    j.site_id,
    j.business_date,
    coalesce((
        select sum(e.amount_cents) from entry as e
        where e.journal_id = j.journal_id and e.account like 'clearing.%'
    ), 0)::bigint as clearing_cents,
    r.journal_id is not null as is_reversed,
    r.business_date as reversed_on,
    -- returned by the bank, after the deposit
    exists(
        select from journal as b where b.source_kind = 'deposit' and b.source_key = 'returned/' || j.source_key
    ) as is_returned
from journal as j
left join journal as r on j.journal_id = r.reverses
where j.source_kind = 'item' and j.item_id is not null;

create or replace view batch_tally as
select
    b.batch_id,
    b.site_id,
    b.business_date,
    b.batch_no,
    b.source_kind,
    b.source_name,
    b.received_at,
    b.declared_envelopes,
    b.declared_documents,
    b.declared_images,
    b.declared_cents,
    b.images,
    count(distinct i.envelope_id) as envelopes,
    count(i.item_id) as documents,
    count(i.unusable) as unusable,
    count(*) filter (where i.carried ->> 'amount_cents' is not null) as carried,
    coalesce(sum((i.carried ->> 'amount_cents')::bigint), 0)::bigint as carried_cents,
    count(d.item_id) as decided,
    count(*) filter (where d.outcome = 'support') as support,
    -- money: checks, and documents that may be checks
    count(i.item_id) filter (where d.kind is null or d.kind in ('check', 'other')) as checks,
    coalesce(sum(d.amount_cents) filter (where d.kind in ('check', 'other')), 0)::bigint as checks_cents,
    count(*) filter (where d.outcome = 'post') as posted,
    coalesce(sum(d.amount_cents) filter (where d.outcome = 'post'), 0)::bigint as posted_cents,
    count(*) filter (where d.outcome = 'suspense') as suspense,
    coalesce(sum(d.amount_cents) filter (where d.outcome = 'suspense'), 0)::bigint as suspense_cents,
    count(*) filter (where d.outcome = 'review' and d.kind in ('check', 'other')) as review,
    coalesce(sum(d.amount_cents) filter (where d.outcome = 'review' and d.kind in ('check', 'other')), 0)::bigint
        as review_cents,
    count(*) filter (where d.outcome = 'review' and d.kind in ('check', 'other') and d.amount_cents is null)
        as review_unread, -- checks in review with an unknown amount
    count(*) filter (where d.outcome = 'review' and d.kind not in ('check', 'other')) as review_papers,
    -- in the vault until their date, and what left without being deposited
    count(*) filter (where d.outcome = 'hold' and d.kind in ('check', 'other')) as held,
    coalesce(sum(d.amount_cents) filter (where d.outcome = 'hold' and d.kind in ('check', 'other')), 0)::bigint
        as held_cents,
    count(*) filter (where d.outcome in ('forward', 'file') and d.kind in ('check', 'other')) as sent_on,
    coalesce(
        sum(d.amount_cents) filter (where d.outcome in ('forward', 'file') and d.kind in ('check', 'other')), 0
    )::bigint as sent_on_cents,
    count(*) filter (where d.outcome in ('forward', 'file') and d.kind not in ('check', 'other')) as filed_papers,
    count(*) filter (where d.outcome = 'reject' and d.kind in ('check', 'other')) as rejected,
    coalesce(sum(d.amount_cents) filter (where d.outcome = 'reject' and d.kind in ('check', 'other')), 0)::bigint
        as rejected_cents,
    count(*) filter (where d.outcome = 'reject' and d.kind not in ('check', 'other')) as rejected_papers,
    count(*) filter (where d.outcome = 'post' and d.maker = 'engine') as straight_through,
    -- the same items in the ledger
    count(j.journal_id) as journals,
    coalesce(sum(j.clearing_cents), 0)::bigint as journals_cents,
    count(j.journal_id) filter (where d.outcome = 'post') as ledger_posted,
    coalesce(sum(j.clearing_cents) filter (where d.outcome = 'post'), 0)::bigint as ledger_posted_cents,
    count(j.journal_id) filter (where d.outcome = 'suspense') as ledger_suspense,
    coalesce(sum(j.clearing_cents) filter (where d.outcome = 'suspense'), 0)::bigint as ledger_suspense_cents
from batch as b
left join item as i on b.batch_id = i.batch_id
left join decision_on(i.item_id, b.business_date) as d on true
left join item_journal as j
    on
        i.item_id = j.item_id and b.business_date >= j.business_date
        and (b.business_date < coalesce(j.reversed_on, 'infinity') or j.is_returned)
group by b.batch_id;

-- Batches of a site day as the site announced them, beside those that arrived. A batch on one side only has nulls on
-- the other. `set_aside` counts its files that could not be used; `is_refused`: a whole delivery was not taken in.
create or replace view announced_batch as
select
    coalesce(a.site_id, b.site_id) as site_id,
    coalesce(a.business_date, b.business_date) as business_date,
    coalesce(a.batch_no, b.batch_no) as batch_no,
    a.batch_no is not null as is_announced,
    a.envelopes as announced_envelopes,
    a.documents as announced_documents,
    b.batch_id,
    (
        select count(*) from set_aside as s
        where
            s.site_id = coalesce(a.site_id, b.site_id)
            and s.business_date = coalesce(a.business_date, b.business_date)
            and s.batch_no = coalesce(a.batch_no, b.batch_no)
    ) as set_aside,
    exists(
        select from set_aside as s
        where
            s.site_id = coalesce(a.site_id, b.site_id)
            and s.business_date = coalesce(a.business_date, b.business_date)
            and s.batch_no = coalesce(a.batch_no, b.batch_no)
            and s.refused is not null
    ) as is_refused
from (
    select
        d.site_id,
        d.business_date,
        l.batch as batch_no,
        l.envelopes,
        l.documents
    from site_day as d
    cross join lateral jsonb_to_recordset(d.batches) as l (batch text, envelopes int, documents int)
) as a
full join batch as b on a.site_id = b.site_id and a.business_date = b.business_date and a.batch_no = b.batch_no;
