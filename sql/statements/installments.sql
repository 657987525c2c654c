-- The installments of each contract that are not settled, up to the one a statement bills, with what was credited to
-- them in the journals that its snapshot shows. `asks`: [{contract_id, due_on, made_on, seen}].
with ask as (
    select
        a.contract_id,
        a.due_on,
        a.made_on,
        a.seen
    from jsonb_to_recordset(cast(:asks as jsonb)) as a (
        contract_id bigint, due_on date, made_on date, seen pg_snapshot
    )
)

select
    a.contract_id,
    i.installment_no,
    i.due_on,
    i.amount_cents,
    i.tax_cents,
    i.is_last,
    coalesce(k.credited_cents, 0)::bigint as credited_cents
from ask as a
inner join installment as i
    on a.contract_id = i.contract_id and a.due_on >= i.due_on and a.made_on >= i.billed_on
left join lateral (
    select sum(x.amount_cents) as credited_cents
    from installment_credit as x
    inner join journal as j on x.journal_id = j.journal_id
    where
        x.contract_id = i.contract_id and x.installment_no = i.installment_no
        and pg_visible_in_snapshot(j.written_by, a.seen)
) as k on true
where i.due_on = a.due_on or i.is_last or coalesce(k.credited_cents, 0) < i.amount_cents
order by a.contract_id, i.installment_no
