-- What letters lead to: changes of address, flags, disputes; and what legal said about a check "paid in full". Only the
-- functions of sql/functions/034_letters.sql and 036_disputes.sql write here.

-- What a letter asks for. It is done in the transaction that makes its resolution final; the letter itself is filed.
create table letter_effect (
    resolution_id bigint primary key references resolution,
    kind text not null check (kind in ('address', 'contact', 'flag', 'dispute', 'information')),
    contract_id bigint not null references contract,
    facts jsonb not null -- lines; email, text, consent ...; flag, day, until; subject; case
);

-- That it was done, and what the verb said.
create table letter_effect_done (
    resolution_id bigint primary key references letter_effect,
    message text not null check (message <> ''),
    done_at timestamptz not null
);

-- A letter is never filed without its effect.
create function guard_letter_effects() returns trigger language plpgsql as $$
begin
    if new.state = 'final' and exists (
        select from letter_effect as e
        where
            e.resolution_id = new.resolution_id
            and not exists (select from letter_effect_done as d where d.resolution_id = e.resolution_id)
    ) then
        raise exception 'resolution %: what the letter asks for was not done', new.resolution_id
            using errcode = 'check_violation';
    end if;
    return null;
end $$;
create constraint trigger guard_letter_effects after insert on resolution_step
deferrable initially deferred for each row execute function guard_letter_effects();

-- Where a customer wants mail from a day on, and the letter that says so. customer.address is the newest.
create table address_change (
    change_id bigint generated always as identity primary key,
    customer_id bigint not null references customer,
    valid_from date not null, -- the letter's receipt
    address text not null check (address <> ''), -- lines joined by newline
    before text not null, -- that it replaces
    item_id bigint not null references item,
    noted_by text not null check (noted_by <> ''),
    noted_at timestamptz not null,
    unique (customer_id, item_id)
);

-- A direct dispute (12 CFR 1022.43): one for each letter that opens one.
create table dispute_case (
    case_id bigint generated always as identity primary key,
    item_id bigint not null unique references item,
    contract_id bigint not null references contract,
    received_on date not null, -- on which the clock begins
    subject text not null check (subject <> ''), -- what is disputed, in a person's words
    opened_by text not null check (opened_by not in ('', 'engine')),
    opened_at timestamptz not null
);
create index dispute_case_contract on dispute_case (contract_id);

-- The steps of a case; the last one is its state.
create table dispute_step (
    case_id bigint not null references dispute_case,
    step int not null check (step > 0),
    state text not null check (state in ('opened', 'information', 'answered', 'frivolous', 'closed')),
    on_day date not null,
    due_on date, -- until when the next thing must be done; null once closed
    words text not null check (words <> ''), -- what was found, why it is frivolous, what was sent
    item_id bigint references item, -- the letter that brought it
    taken_by text not null check (taken_by not in ('', 'engine')),
    taken_at timestamptz not null,
    primary key (case_id, step),
    check ((state = 'closed') = (due_on is null)),
    check (state not in ('opened', 'information') or item_id is not null)
);

-- What the legal reviewer says of a check that may be meant to settle a debt (UCC 3-311). The newest word counts.
create table legal_review (
    review_id bigint generated always as identity primary key,
    item_id bigint not null references item,
    word text not null check (word in ('deposit', 'return')),
    known_by text not null check (known_by <> ''), -- 3-311(d): who with direct responsibility knew of the tender
    known_what text not null check (known_what <> ''),
    known_on date not null, -- before collection
    box text not null, -- the address at which it came
    is_disputes_address boolean not null, -- 3-311(c)(1): it is the one that the lender's notice names
    reviewer text not null check (reviewer not in ('', 'engine')),
    reviewed_at timestamptz not null
);
create index legal_review_item on legal_review (item_id);

-- A deposited check "paid in full" whose amount is given back within the time of UCC 3-311(c)(2), so that the claim
-- stands. Its money is unidentified from then on, until it is refunded to its sender.
create table repayment (
    item_id bigint primary key references item,
    amount_cents bigint not null check (amount_cents > 0),
    paid_on date not null, -- in whose deposit the check was
    last_on date not null, -- on which it can be tendered
    started_by text not null check (started_by not in ('', 'engine')),
    started_at timestamptz not null
);

do $$
declare
    t text;
begin
    foreach t in array array[
        'letter_effect', 'letter_effect_done', 'address_change', 'dispute_case', 'dispute_step', 'legal_review',
        'repayment'
    ]
    loop
        execute format(
            'create trigger append_only before update or delete or truncate on %I for each statement '
            'execute function refuse_change()', t);
    end loop;
end $$;
grant select on letter_effect, letter_effect_done, address_change, dispute_case, dispute_step, legal_review, repayment
to lockbox_app;

insert into ops_event_kind values
('dispute', true, 'the dispute is closed, or its deadline moves'),
('repayment', true, 'the sender is refunded');
insert into alert_kind (kind, topic, is_plain, title, next_step) values
(
    'dispute', 'people', true, 'A dispute must be answered soon',
    'Run `disputes list`. Answer the customer, record it with `disputes answer`, and have a second person close it.'
),
(
    'repayment', 'people', true, 'A check "paid in full" must be repaid soon',
    'Refund its sender by the day that the event names, or the claim may be discharged.'
);
