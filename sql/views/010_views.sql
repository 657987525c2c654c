-- The latest word on each item.
create or replace view current_decision as
select distinct on (item_id) *
from decision
order by item_id asc, version desc;

-- The latest reading of each item.
create or replace view current_reading as
select distinct on (item_id) *
from reading
order by item_id asc, reading_id desc;

-- What is still open on each charge: the sum of its entries.
create or replace view charge_open as
select
    c.charge_id,
    c.contract_id,
    c.kind,
    c.due_on,
    c.amount_cents,
    coalesce(sum(e.amount_cents), 0)::bigint as open_cents
from charge as c
left join entry as e on c.charge_id = e.charge_id
group by c.charge_id;

-- What a contract owes in all; unapplied money is not netted.
create or replace view contract_balance as
select
    contract_id,
    sum(amount_cents)::bigint as balance_cents
from entry
where charge_id is not null
group by contract_id;

create or replace view trial_balance as
select
    a.account,
    a.kind,
    a.name,
    coalesce(sum(e.amount_cents), 0)::bigint as balance_cents
from ledger_account as a
left join entry as e on a.account = e.account
group by a.account;

-- Money taken in and not yet owed by anybody we know (unidentified) or not yet applied (unapplied).
create or replace view suspense_open as
select
    coalesce(j.item_id, r.item_id) as item_id, -- a reversal closes what the journal it answers had opened
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

-- Each check with its batch, the decision on it and what the ledger says. The tie-out reads this.
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
    where jj.item_id = i.item_id
    group by jj.journal_id
) as j on true
where d.kind is null or d.kind in ('check', 'other');
