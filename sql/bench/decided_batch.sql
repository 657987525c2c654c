-- A batch of decided checks, each of one installment, spread evenly over the contracts, loans and leases;
-- `shift` puts those of the next batch beside them.
with numbered as (
    select contract_id, row_number() over (order by contract_id) - 1 as place, count(*) over () as contracts
    from contract
),

payer as materialized (
    select contract_id, place / step + 1 as n
    from (select contract_id, place, contracts / :count as step from numbered) as of
    where place % step = (place / step * 7 + :shift) % step
),

made_batch as (
    insert into batch (
        site_id, business_date, batch_no, box, source_kind, source_name, content_sha256, received_at, effective_date,
        declared_envelopes, declared_documents, images, captured_at
    )
    values (
        :site, :day, :batch_no, '', 'folder', 'bench', encode(sha256(convert_to(:batch_no, 'UTF8')), 'hex'),
        :as_of, :day, :count, :count, :count, :as_of
    )
    returning batch_id
),

made_image as (
    insert into image (sha256, size_bytes) values (repeat('b', 64), 1) on conflict do nothing
),

made_envelope as (
    insert into envelope (batch_id, envelope_no)
    select batch_id, n from made_batch, generate_series(1, :count) as n
    returning envelope_id, batch_id, envelope_no
),

made_item as (
    insert into item (batch_id, envelope_id, sequence, front_sha256)
    select batch_id, envelope_id, envelope_no, repeat('b', 64) from made_envelope
    returning item_id, batch_id, sequence
),

made_decision as (
    insert into decision (
        item_id, version, site_id, business_date, effective_date, kind, outcome, amount_cents, misread_ppm, reasons,
        ranked, maker, decided_at
    )
    select
        item_id,
        1,
        :site,
        :day as business_date,
        :day as effective_date,
        'check',
        'post',
        45000,
        1,
        array[]::text[],
        '{}',
        'engine',
        :as_of
    from made_item
    returning decision_id, item_id
),

made_line as (
    insert into decision_line (decision_id, line_no, contract_id, amount_cents)
    select d.decision_id, 1, c.contract_id, 45000
    from made_decision as d
    inner join made_item as i on d.item_id = i.item_id
    inner join payer as c on i.sequence = c.n
    returning decision_id
)

select b.batch_id, count(l.decision_id) as decisions
from made_batch as b, made_line as l
group by b.batch_id
