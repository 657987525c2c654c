-- Letters: what they ask for, what legal says of checks "paid in full", and what a flag forbids. Faults are SQLSTATE
-- LB004 with a message for the person.

-- The first and the last word on a check: whether it, or anything in its envelope, ever said "paid in full".
create or replace function may_settle(item bigint) returns boolean language sql stable as $$
    select exists (
        select from item as i
        inner join item as o on i.envelope_id = o.envelope_id
        inner join decision as d on o.item_id = d.item_id
        where i.item_id = item and 'paid_in_full' = any(d.reasons)
    )
$$;

-- Refuses to deposit a check that law or the lender's rules keep from being deposited, or posted, as proposed:
-- "paid in full" without the word of a legal reviewer who is neither maker nor checker (UCC 3-311), and money for a
-- contract whose flag keeps it unapplied (exceptions.unapplied_flags: 11 USC 362).
create or replace function ensure_lawful(item bigint, outcome text, lines jsonb, people text[]) returns void
language plpgsql stable set search_path = public, pg_temp as $$
declare
    review record;
    flagged record;
begin
    if outcome not in ('post', 'suspense') then
        return;
    end if;
    select r.word, r.reviewer into review
    from legal_review as r where r.item_id = item order by r.review_id desc limit 1;
    if review.word = 'return' then
        raise exception 'item %: legal (%) says that it is returned uncollected', item, review.reviewer
            using errcode = 'LB004';
    end if;
    if may_settle(item) and review.word is null then
        raise exception 'item %: it may settle the debt: a legal review decides whether it is deposited', item
            using errcode = 'LB004';
    end if;
    if lower(review.reviewer) in (select lower(trim(p)) from unnest(people) as p) then
        raise exception 'item %: % reviewed it for legal; somebody else has to decide it', item, review.reviewer
            using errcode = 'LB004';
    end if;
    select c.account_number, f.flag, f.valid_from into flagged
    from jsonb_to_recordset(lines) as l (contract_id bigint)
    inner join contract as c on l.contract_id = c.contract_id
    inner join contract_flag as f on c.contract_id = f.contract_id
    inner join item as i on i.item_id = item
    inner join batch as b on i.batch_id = b.batch_id
    where
        outcome = 'post' and in_force(f.valid_from, f.valid_to, b.effective_date)
        and policy_value(b.site_id, 'exceptions.unapplied_flags', b.effective_date) ? f.flag
    limit 1;
    if found then
        raise exception 'item %: % has the flag % since %: the check is kept unapplied (suspense), not posted',
            item, flagged.account_number, flagged.flag, flagged.valid_from using errcode = 'LB004';
    end if;
end $$;

-- Notes what legal says of a check that waits, and at which address it came.
create or replace function review_item(
    item bigint, says text, who text, what text, on_day date, person text, as_of timestamptz
) returns bigint language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    now_at record;
    came record;
    made bigint;
begin
    perform from item as i where i.item_id = item for no key update;
    select d.outcome, d.kind into now_at from newest_decision(item) as d;
    if not found or now_at.outcome not in ('review', 'hold') then
        raise exception 'item %: it does not wait for a person', item using errcode = 'LB004';
    end if;
    if exists (
        select from resolution_state as r
        where r.item_id = item and r.state in ('proposed', 'ready') and r.outcome in ('post', 'suspense')
    ) then
        raise exception 'item %: its deposit is proposed already; undo that first', item using errcode = 'LB004';
    end if;
    select b.box, b.site_id, b.business_date into came
    from item as i inner join batch as b on i.batch_id = b.batch_id where i.item_id = item;
    insert into legal_review (
        item_id, word, known_by, known_what, known_on, box, is_disputes_address, reviewer, reviewed_at
    )
    values (
        item, says, who, what, on_day, came.box,
        coalesce(policy_value(came.site_id, 'disputes.boxes', came.business_date) ? came.box, false), trim(person),
        as_of
    )
    returning review_id into made;
    return made;
end $$;

-- Notes that what a letter asked for was done.
create or replace function note_letter_done(resolution bigint, words text, as_of timestamptz) returns void
language sql security definer set search_path = public, pg_temp as $$
    insert into letter_effect_done values (resolution, words, as_of)
$$;

-- A customer's mail address from a day on, as a letter says. An older letter that is worked later changes nothing.
create or replace function change_address(
    customer bigint, since date, lines text, letter bigint, person text, as_of timestamptz
) returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    perform from customer as u where u.customer_id = customer for no key update;
    insert into address_change (customer_id, valid_from, address, before, item_id, noted_by, noted_at)
    select customer, since, lines, u.address, letter, person, as_of
    from customer as u where u.customer_id = customer;
    update customer as u set address = (
        select a.address from address_change as a
        where a.customer_id = customer
        order by a.valid_from desc, a.change_id desc
        limit 1
    )
    where u.customer_id = customer;
end $$;

-- Begins to give back a deposited check that may settle a debt; gives the last day on which its amount can be tendered.
create or replace function start_repayment(item bigint, day date, person text, as_of timestamptz) returns date
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    d record;
    until date;
begin
    perform from item as i where i.item_id = item for no key update;
    select t.business_date as paid_on, n.amount_cents, n.outcome, b.site_id, b.business_date as received_on into d
    from item as i
    inner join batch as b on i.batch_id = b.batch_id
    inner join deposit_item as x on i.item_id = x.item_id
    inner join deposit as t on x.deposit_id = t.deposit_id
    cross join lateral newest_decision(i.item_id) as n
    where i.item_id = item;
    if not found or d.outcome not in ('post', 'suspense') then
        raise exception 'item %: it is not deposited', item using errcode = 'LB004';
    end if;
    if not may_settle(item) then
        raise exception 'item %: nothing says that it was meant to settle the debt', item using errcode = 'LB004';
    end if;
    if coalesce(policy_value(d.site_id, 'disputes.notice_sent', d.received_on)::boolean, true) then
        raise exception 'item %: the lender sends notice of a disputes address, so repayment does not keep the claim '
            '(UCC 3-311(c))', item using errcode = 'LB004';
    end if;
    until := d.paid_on + policy_value(d.site_id, 'disputes.repay_days', d.received_on)::int;
    if day > until then
        raise exception 'item %: it could be repaid until %', item, until using errcode = 'LB004';
    end if;
    if exists (select from repayment as r where r.item_id = item) then
        raise exception 'item %: its repayment was begun already', item using errcode = 'LB004';
    end if;
    insert into repayment values (item, d.amount_cents, d.paid_on, until, trim(person), as_of);
    return until;
end $$;
