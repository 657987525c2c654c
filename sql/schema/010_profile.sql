-- The lender and its rules: sites, calendars, payees and dated policy.
-- All of it is loaded from a profile file (profiles/*.toml): another lender is another profile.

create table lender (
    lender_id text primary key,
    name text not null
);

create table site (
    site_id text primary key check (site_id ~ '^[a-z][a-z0-9_]*$'),
    lender_id text not null references lender,
    name text not null,
    address text not null,
    time_zone text not null,
    boxes text[] not null, -- P.O. boxes or street addresses whose mail comes here
    overnight boolean not null -- for overnight mail: regular mail must not be sent here
);

-- The last moment on an open day at which mail counts as received that day, local to the site.
-- 12 CFR 1026.10(b)(2)(ii): no earlier than 5 pm at the address given.
create table site_cut_off (
    site_id text not null references site,
    valid_from date not null,
    cut_off time not null check (cut_off >= '17:00'),
    open_weekdays smallint[] not null, -- ISO: 1 = Monday
    calendar text not null, -- name of the holiday calendar, 'XFED' for the Federal Reserve's
    primary key (site_id, valid_from)
);

create table payee (
    payee_id bigint generated always as identity primary key,
    lender_id text not null references lender,
    name text not null,
    product text not null check (product in ('loan', 'lease')),
    valid_from date not null,
    valid_to date,
    unique (lender_id, name, product, valid_from),
    check (valid_to is null or valid_to > valid_from)
);

-- One business rule and its value from a day on; the newest row not after a day is in force on it. What papers show of
-- the lender and its sites is among them (lender.name, site.<id>, box.products, box.addresses), so that a past day's
-- paper can be made again as it was.
create table policy (
    policy_id bigint generated always as identity primary key,
    lender_id text not null references lender,
    rule text not null check (rule ~ '^[a-z][a-z0-9_.]*$'),
    valid_from date not null,
    value jsonb not null,
    source text not null default '', -- statute, contract or decision the rule comes from
    unique (lender_id, rule, valid_from)
);
