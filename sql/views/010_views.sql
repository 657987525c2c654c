-- The current decision on each item.
create or replace view current_decision as
select distinct on (item_id) *
from decision
order by item_id asc, version desc;

-- The latest reading of each item.
create or replace view current_reading as
select distinct on (item_id) *
from reading
order by item_id asc, reading_id desc;

-- Every account's balance: the balance at the newest seal plus what was written since.
create or replace view trial_balance as
select
    a.account,
    a.kind,
    a.name,
    coalesce(sum(x.cents), 0)::bigint as balance_cents
from ledger_account as a
left join (
    select b.account, b.balance_cents as cents
    from seal_balance as b
    where b.seal_no = (select max(s.seal_no) from seal as s)
    union all
    select e.account, e.amount_cents as cents
    from entry as e
    where e.journal_id > coalesce((select max(s.to_journal_id) from seal as s), 0)
) as x on a.account = x.account
group by a.account;

-- Money received from a customer not known (unidentified) or not applied to a contract (unapplied).
create or replace view suspense_open as
select
    coalesce(j.item_id, r.item_id) as item_id, -- a reversal closes what the reversed journal opened
    e.account,
    e.contract_id,
    min(j.business_date) as opened_on,
    (-sum(e.amount_cents))::bigint as amount_cents
from entry as e
inner join journal as j on e.journal_id = j.journal_id
left join journal as r on j.reverses = r.journal_id
where e.account in ('suspense.unidentified', 'suspense.unapplied')
group by coalesce(j.item_id, r.item_id), e.account, e.contract_id
having sum(e.amount_cents) <> 0;

-- Each check with its batch, its decision and its ledger journal, for the tie-out.
create or replace view check_trail as
select
    b.site_id,
    b.business_date,
    b.batch_id,
    b.batch_no,
    i.item_id,
    i.sequence,
    d.outcome,
    d.amount_cents,
    d.reasons,
    j.journal_id,
    j.clearing_cents
from item as i
inner join batch as b on i.batch_id = b.batch_id
left join current_decision as d on i.item_id = d.item_id
left join lateral (
    select
        jj.journal_id,
        sum(e.amount_cents)::bigint as clearing_cents
    from journal as jj
    inner join entry as e on jj.journal_id = e.journal_id and e.account like 'clearing.%'
    where jj.item_id = i.item_id and jj.source_kind = 'item'
    group by jj.journal_id
) as j on true
where d.kind is null or d.kind in ('check', 'other');
