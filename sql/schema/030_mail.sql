-- The mail: batches, envelopes, items, images, and all that had to be set aside.

create table batch (
    batch_id bigint generated always as identity primary key,
    site_id text not null references site,
    business_date date not null,
    batch_no text not null,
    box text not null,
    source_kind text not null check (source_kind in ('folder', 'x9')),
    source_name text not null,
    content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
    received_at timestamptz not null,
    effective_date date not null, -- from receipt, the site's cut-off and its calendar
    -- what the sender said, and only that: null where it said nothing
    declared_envelopes int,
    declared_documents int,
    declared_images bigint, -- the sum over all cash letters of an X9 file
    declared_cents bigint, -- of X9 files
    images int not null, -- that came and can be used, with views that are not kept
    settles text[] not null default '{}', -- earlier batches whose missing documents it brings: site/day/batch
    captured_at timestamptz not null,
    unique (site_id, business_date, batch_no)
);

create table envelope (
    envelope_id bigint generated always as identity primary key,
    batch_id bigint not null references batch,
    envelope_no int not null,
    unique (batch_id, envelope_no)
);

create table image (
    sha256 text primary key check (sha256 ~ '^[0-9a-f]{64}$'),
    size_bytes bigint not null check (size_bytes > 0)
);

-- One document, front and back.
create table item (
    item_id bigint generated always as identity primary key,
    batch_id bigint not null references batch,
    envelope_id bigint not null references envelope,
    sequence int not null check (sequence > 0),
    front_sha256 text references image,
    back_sha256 text references image,
    carried jsonb, -- fields that came with the item (X9 record 25), bank account as token and last four
    unusable text, -- why the front cannot be used; such an item goes to review unread
    unique (batch_id, sequence),
    check (front_sha256 is not null or unusable is not null)
);
create index item_envelope on item (envelope_id);

-- Everything that came in and could not be used, with its place and the reason. Nothing is dropped silently.
create table set_aside (
    set_aside_id bigint generated always as identity primary key,
    site_id text not null,
    business_date date,
    batch_no text not null,
    file text not null,
    record text not null default '',
    field text not null default '',
    reason text not null,
    -- a whole delivery that was not taken in: unusable, or in conflict with one that was
    refused text check (refused in ('unusable', 'conflict')),
    noted_at timestamptz not null,
    unique nulls not distinct (site_id, business_date, batch_no, file, record, field, reason)
);

-- A control of an X9 file (bundle, cash letter, file, deposit ticket) that does not agree with the documents under it.
-- They wait until a person accepts the difference.
create table failing_control (
    batch_id bigint not null references batch,
    record text not null, -- of an X9 file: "record 14"; of a scan folder: "sequences 5 to 8", or a total of batch.json
    first_sequence int not null,
    last_sequence int not null, -- before the first if it covers no document
    reason text not null,
    primary key (batch_id, record)
);

-- The site's own statement of the batches it scanned that day.
create table site_day (
    site_id text not null references site,
    business_date date not null,
    batches jsonb not null, -- [{"batch": "D001", "envelopes": 24, "documents": 41}, ...]
    noted_at timestamptz not null,
    primary key (site_id, business_date)
);
