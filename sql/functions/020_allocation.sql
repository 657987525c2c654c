-- What is open of the fees charged on a day. A payment takes older fees first, or those of the day where its order says
-- so (`day_first`); all else takes the oldest first. Followed through the day's journals, so it is asked only where an
-- order ranks fees of the day apart from older ones: nowhere else does their age matter.
create or replace function open_fees_of_day(contract bigint, day date, day_first boolean) returns bigint
language plpgsql stable as $$
declare
    move record;
    older_cents bigint;
    of_day_cents bigint := 0;
    taken_cents bigint;
begin
    for move in
        select
            j.source_kind,
            e.amount_cents,
            p.fee_cents - (sum(e.amount_cents) over ())::bigint as morning_cents
        from position as p
        inner join entry as e on p.contract_id = e.contract_id
        inner join journal as j on e.journal_id = j.journal_id and j.effective_date = day and j.reverses is null
        where
            p.contract_id = contract and e.account = 'receivable.fee'
            and not exists (select from journal as r where r.reverses = j.journal_id)
        order by j.journal_id
    loop
        older_cents := coalesce(older_cents, move.morning_cents);
        if move.amount_cents > 0 and move.source_kind in ('late_fee', 'fee', 'lease_end') then
            of_day_cents := of_day_cents + move.amount_cents;
        elsif move.amount_cents < 0 and day_first and move.source_kind in ('item', 'identification', 'application') then
            taken_cents := least(-move.amount_cents, of_day_cents);
            of_day_cents := of_day_cents - taken_cents;
            older_cents := older_cents + move.amount_cents + taken_cents;
        else
            taken_cents := least(-move.amount_cents, older_cents);
            older_cents := older_cents - taken_cents;
            of_day_cents := of_day_cents + move.amount_cents + taken_cents;
        end if;
    end loop;
    return of_day_cents;
end $$;

-- Splits the payments in the temp table `pay` (pay_no, contract_id, amount_cents, excess: what the customer asked for;
-- in the order of pay_no) as of one effective day, by each contract's own order. The rule is that of
-- lockbox.contract.allocation, for all at once: those on one contract must ask for the same (number_rounds).
-- Makes the temp table pay_part: how much of each payment goes to which bucket and installment; the rest is unapplied.
-- With `only_due`, loans that have principal pay nothing for what is due after the day. Installments to come that get
-- money are billed here. Locks the contracts' positions until the transaction ends.
create or replace function allocate_payments(day date, billed_on date, only_due boolean default false)
returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    -- Postings on one contract wait for each other. Locks are taken in contract order, so that batches never deadlock.
    -- They are taken before anything is read: terms that came while it waited must be seen.
    perform from position as p
    where p.contract_id in (select y.contract_id from pay as y)
    order by p.contract_id
    for no key update of p;
    create temp table pay_contract on commit drop as
    with locked as materialized (
        select p.*, s.paid_cents, s.asked
        from (
            select contract_id, sum(amount_cents)::bigint as paid_cents, min(excess) as asked
            from pay
            group by contract_id
        ) as s
        inner join position as p on s.contract_id = p.contract_id
    ),

    apart as materialized ( -- orders that rank fees of the day apart from older ones
        select a.order_id, bool_or(a.day_rank < a.older_rank or a.older_rank is null) as day_first
        from (
            select
                order_id,
                max(rank) filter (where timing = 'due') as day_rank,
                max(rank) filter (where timing = 'past_due') as older_rank
            from allocation_cell
            where bucket = 'fee'
            group by order_id, is_current
        ) as a
        where a.day_rank is distinct from a.older_rank
        group by a.order_id
    )

    select
        p.contract_id,
        c.product,
        t.method,
        t.order_id,
        o.has_current,
        case
            when coalesce(case when p.asked <> 'principal' or o.principal_only then p.asked end, t.excess) = 'principal'
                then 0
            else o.most_ahead
        end as most_ahead, -- installments that may be paid ahead; null: all
        p.terms_version,
        p.principal_cents,
        p.interest_cents,
        p.fee_cents,
        case
            when p.fee_cents > 0 and a.order_id is not null then open_fees_of_day(p.contract_id, day, a.day_first)
            else 0
        end as day_fee_cents,
        p.fee_ahead_cents,
        p.next_no,
        p.paid_cents,
        -- what was due before the terms changed stays as it was
        case when d.due_no is not null then greatest(d.due_no, t.from_no) end as due_no,
        greatest(d.last_no, t.from_no - 1) as last_no,
        d.least_cents
    from locked as p
    inner join contract as c on p.contract_id = c.contract_id
    inner join contract_terms as t on p.contract_id = t.contract_id and p.terms_version = t.version
    inner join allocation_order as o on t.order_id = o.order_id
    left join apart as a on t.order_id = a.order_id
    cross join lateral (
        -- the first installment due on the day or later, the last one, and the smallest
        select
            min(r.first_no + x.months + y.late) filter (where x.months + y.late < r.count) as due_no,
            max(r.first_no + r.count - 1) as last_no,
            min(r.amount_cents) as least_cents
        from schedule_run as r
        cross join lateral ( -- `offset 0`: worked out once, however often it is named
            select greatest(0, calendar_months(r.first_due_on, day)) as months
            offset 0
        ) as x
        cross join lateral (
            select (installment_due_on(r.first_due_on, r.due_day, x.months) < day)::int as late
            offset 0
        ) as y
        where r.contract_id = p.contract_id and r.version = p.terms_version
    ) as d;
    -- Only what joins ask for is counted: a batch is small, and each column costs as much as some payments.
    analyze pay_contract (contract_id, product);

    -- Open installments: those billed, and of a loan as many to come as the money could reach beyond the installment
    -- now due and accrued interest. They are looked up contract by contract, in order: the planner cannot know how few
    -- are open and would read those of all contracts.
    create temp table pay_due on commit drop as
    select
        c.contract_id,
        i.installment_no,
        i.due_on,
        i.amount_cents,
        i.tax_cents,
        i.amount_cents - i.credited_cents as open_cents,
        greatest(i.amount_cents - i.tax_cents - i.credited_cents, 0) as rent_cents, -- rent is paid before its tax
        case
            when i.due_on < day then 'past_due'
            when c.product = 'lease' or i.installment_no = c.due_no then 'due'
            else 'advance'
        end as timing,
        false as is_new
    from pay_contract as c
    cross join lateral (
        select * from installment as x
        where x.contract_id = c.contract_id and (x.credited_cents < x.amount_cents or x.is_last)
        offset 0
    ) as i
    union all
    select
        c.contract_id,
        n.installment_no,
        n.due_on,
        r.amount_cents,
        r.tax_cents,
        r.amount_cents,
        r.amount_cents,
        case when n.due_on < day then 'past_due' when n.installment_no = c.due_no then 'due' else 'advance' end,
        true
    from pay_contract as c
    inner join schedule_run as r
        on c.contract_id = r.contract_id and c.terms_version = r.version and r.first_no + r.count > c.next_no
    cross join lateral (
        select
            g as installment_no,
            installment_due_on(r.first_due_on, r.due_day, g - r.first_no) as due_on
        from generate_series(
            greatest(r.first_no, c.next_no),
            least(
                r.first_no + r.count - 1,
                greatest(c.next_no, c.due_no + 1) + ((c.paid_cents + c.interest_cents - 1) / c.least_cents)::int
            )
        ) as g
    ) as n
    where c.product = 'loan';
    analyze pay_due (contract_id, installment_no);

    create temp table pay_owed on commit drop as
    with standing as materialized (
        select
            c.contract_id,
            c.product,
            c.order_id,
            -- other ranks may hold where no installment is due
            c.has_current and not exists(
                select from pay_due as d
                where
                    d.contract_id = c.contract_id and d.timing <> 'advance'
                    and (d.open_cents > 0 or (d.installment_no = c.last_no and c.product = 'loan'))
                    and (c.product = 'lease' or c.interest_cents + c.principal_cents > 0)
            ) as is_current,
            c.interest_cents,
            c.principal_cents,
            c.fee_cents,
            c.day_fee_cents,
            c.due_no,
            c.last_no,
            c.most_ahead
        from pay_contract as c
    ),

    asked as (
        -- Each installment of a loan claims its amount, the last one all that is left, from accrued interest and then
        -- from principal. Beyond those that may be paid ahead, the next one stands for all: principal only.
        select
            c.contract_id,
            c.order_id,
            c.is_current,
            c.interest_cents,
            c.principal_cents,
            d.timing,
            d.due_on,
            d.installment_no as place,
            x.is_beyond as stands_for_all,
            lag(x.is_beyond) over w is not distinct from true as is_further,
            case
                when d.installment_no = c.last_no or x.is_beyond then c.interest_cents + c.principal_cents
                else d.open_cents
            end as cents
        from standing as c
        inner join pay_due as d on c.contract_id = d.contract_id
        cross join lateral (
            select coalesce(d.timing = 'advance' and d.installment_no - c.due_no > c.most_ahead, false) as is_beyond
        ) as x
        where c.product = 'loan'
        window w as (partition by d.contract_id order by d.due_on, d.installment_no)
    ),

    asked_through as materialized (
        select
            a.*,
            case when a.stands_for_all then 0 else a.place end as installment_no,
            (sum(a.cents) over w)::bigint as through_cents
        from asked as a
        where not (a.stands_for_all and a.is_further)
        window w as (partition by a.contract_id order by a.due_on, a.place rows unbounded preceding)
    ),

    owed as (
        select
            contract_id, order_id, is_current, timing, due_on, installment_no, 2 as bucket_rank, 'interest' as bucket,
            least(interest_cents, through_cents) - least(interest_cents, through_cents - cents) as cents,
            not only_due or due_on <= day or principal_cents = 0 as may_pay
        from asked_through
        union all
        select
            contract_id, order_id, is_current, timing, due_on, installment_no, 5, 'principal',
            least(principal_cents, greatest(through_cents - interest_cents, 0))
            - least(principal_cents, greatest(through_cents - cents - interest_cents, 0)),
            not only_due or due_on <= day
        from asked_through
        union all
        select
            d.contract_id, c.order_id, c.is_current, d.timing, d.due_on, d.installment_no, x.bucket_rank, x.bucket,
            x.cents, true
        from pay_due as d
        inner join standing as c on d.contract_id = c.contract_id and c.product = 'lease'
        cross join lateral (
            values (3, 'rent', d.rent_cents), (4, 'tax', d.open_cents - d.rent_cents)
        ) as x (bucket_rank, bucket, cents)
        union all
        select contract_id, order_id, is_current, 'past_due', day, 0, 1, 'fee', fee_cents - day_fee_cents,
            true
        from standing
        union all
        select contract_id, order_id, is_current, 'due', day, 0, 1, 'fee', day_fee_cents, true
        from standing
    )

    select
        o.contract_id,
        o.timing,
        o.bucket,
        o.installment_no,
        o.cents,
        o.may_pay,
        (sum(o.cents * o.may_pay::int) over w)::bigint - o.cents * o.may_pay::int as from_cents,
        (sum(o.cents * o.may_pay::int) over w)::bigint as to_cents
    from owed as o
    inner join allocation_cell as a
        on
            o.order_id = a.order_id and o.is_current = a.is_current and o.timing = a.timing and o.bucket = a.bucket
    where o.cents > 0
    window w as (
        partition by o.contract_id
        order by a.rank, o.due_on, o.bucket_rank, o.installment_no, o.timing desc -- fees: older ones first
        rows unbounded preceding
    );
    analyze pay_owed (contract_id);

    -- The payments laid end to end beside what is owed: each payment pays what it overlaps.
    create temp table pay_part on commit drop as
    select
        p.pay_no,
        p.contract_id,
        o.timing,
        o.bucket,
        o.installment_no,
        least(p.to_cents, o.to_cents) - greatest(p.from_cents, o.from_cents) as amount_cents
    from (
        select
            pay_no,
            contract_id,
            (sum(amount_cents) over w)::bigint - amount_cents as from_cents,
            (sum(amount_cents) over w)::bigint as to_cents
        from pay
        window w as (partition by contract_id order by pay_no rows unbounded preceding)
    ) as p
    inner join pay_owed as o
        on p.contract_id = o.contract_id and p.from_cents < o.to_cents and p.to_cents > o.from_cents and o.may_pay;

    insert into installment (contract_id, installment_no, due_on, amount_cents, tax_cents, is_last, billed_on)
    select
        d.contract_id, d.installment_no, d.due_on, d.amount_cents, d.tax_cents, d.installment_no = c.last_no,
        allocate_payments.billed_on
    from pay_due as d
    inner join pay_contract as c on d.contract_id = c.contract_id
    where
        d.is_new
        and exists (
            select from pay_part as a
            where a.contract_id = d.contract_id and a.installment_no = d.installment_no
        );
    perform mark_billed(array(
        select distinct a.contract_id
        from pay_part as a
        inner join pay_due as d
            on a.contract_id = d.contract_id and a.installment_no = d.installment_no and d.is_new
    ));

    -- What is kept beside the ledger: the base of the scheduled method, and the money that fees took while an
    -- installment stayed short.
    with kept as materialized ( -- the others have nothing to keep
        select contract_id, method, principal_cents from pay_contract
        where fee_ahead_cents > 0 or fee_cents > 0 or method = 'scheduled'
    )

    update position as p
    set
        fee_ahead_cents = least(p.fee_ahead_cents + x.fee_cents, x.short_cents),
        base_cents = case
            when x.method = 'daily' then p.base_cents
            when x.paid_cents > 0 and x.paid_cents = x.principal_cents then 0
            else greatest(p.base_cents - x.beside_cents, 0)
        end
    from (
        select
            c.contract_id,
            c.method,
            c.principal_cents,
            coalesce(a.fee_cents, 0) as fee_cents,
            coalesce(a.paid_cents, 0) as paid_cents,
            coalesce(a.beside_cents, 0) as beside_cents,
            coalesce(o.short_cents, 0) - coalesce(a.short_cents, 0) as short_cents
        from kept as c
        left join (
            select
                contract_id,
                sum(amount_cents) filter (where bucket = 'fee') as fee_cents,
                sum(amount_cents) filter (where bucket = 'principal') as paid_cents,
                sum(amount_cents) filter (where bucket = 'principal' and installment_no = 0) as beside_cents,
                sum(amount_cents) filter (where bucket <> 'fee' and timing <> 'advance') as short_cents
            from pay_part
            where contract_id in (select contract_id from kept)
            group by contract_id
        ) as a on c.contract_id = a.contract_id
        left join (
            select
                contract_id,
                sum(cents) filter (where bucket <> 'fee' and timing <> 'advance') as short_cents
            from pay_owed
            where contract_id in (select contract_id from kept)
            group by contract_id
        ) as o on c.contract_id = o.contract_id
    ) as x
    where
        p.contract_id = x.contract_id
        and (p.fee_ahead_cents + x.fee_cents > 0 or (x.method = 'scheduled' and x.paid_cents > 0))
        and (not only_due or exists(select from pay_part as a where a.contract_id = x.contract_id));
end $$;

-- Numbers the rounds in which the temp table `pay` (pay_no, unit, contract_id, excess, round: all 1) is split; gives
-- the last one: nearly always the first. Payments on one contract that ask for different things, or whose order may
-- change between them, cannot be split at once: from the second one on, each begins a round of its own. A unit (a
-- check) is never divided, and units keep their order.
create or replace function number_rounds() returns int language plpgsql
security definer set search_path = public, pg_temp as $$
declare
    changing boolean := exists(select from allocation_order where has_current);
    apart bigint[];
    last_round int;
begin
    if not changing and not exists(select from pay where excess is not null) then
        return 1;
    end if;
    select array_agg(x.contract_id) into apart
    from (
        select contract_id, min(coalesce(excess, '')) <> max(coalesce(excess, '')) as is_mixed
        from pay
        group by contract_id
        having min(unit) < max(unit) and (changing or min(coalesce(excess, '')) <> max(coalesce(excess, '')))
    ) as x
    where x.is_mixed or exists(
        select from position as p
        inner join contract_terms as t on p.contract_id = t.contract_id and p.terms_version = t.version
        inner join allocation_order as o on t.order_id = o.order_id and o.has_current
        where p.contract_id = x.contract_id
    );
    if apart is null then
        return 1;
    end if;
    update pay as p
    set
        round = 1 + (
            select count(distinct later.unit)
            from (
                select y.unit, dense_rank() over (partition by y.contract_id order by y.unit) as place
                from pay as y
                where y.contract_id = any(apart)
            ) as later
            where later.place > 1 and later.unit <= p.unit
        );
    select max(round) into last_round from pay;
    return last_round;
end $$;

create or replace function drop_allocation() returns void language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    drop table pay_contract, pay_due, pay_owed, pay_part;
end $$;
