-- Alerts: what people elsewhere are told of operations events, by email and webhook: once per cause, again as a
-- reminder, and when the cause is gone.

insert into ops_event_kind values
('silent_site', false, 'mail of the day comes, or a person acknowledges it'),
('usual_mail', false, 'mail of the box comes, or a person acknowledges it'),
('close_waits', true, 'what is missing is accepted or comes, or the day is closed'),
('night_failed', true, 'the step of the night is done'),
('audit_failed', true, 'the part of the audit passes, this week or later'),
('watch_failed', true, 'the look at it succeeds'),
('airflow', true, 'Airflow runs again'),
('alerts_unsent', true, 'alerts go out again'),
('alert_test', true, 'the test is over');

-- What an alert says of a kind of event, and what a person does next. Its message goes out only if it can carry nothing
-- personal: the reason of a failure may quote what stood in a file.
create table alert_kind (
    kind text primary key, -- of ops_event_kind; a test holds both together
    topic text not null check (topic in ('failed', 'late', 'people', 'customers')),
    title text not null,
    next_step text not null,
    is_plain boolean not null
);
insert into alert_kind (kind, topic, is_plain, title, next_step) values
(
    'stage_failed', 'failed', false, 'A step of the work failed',
    'Read the reason in events; correct it. The step is tried again with the next run, or run its verb.'
),
(
    'task_failed', 'failed', false, 'A task in Airflow failed',
    'Open the red task; its log names the cause. Correct it and clear the task.'
),
(
    'night_failed', 'failed', false, 'The night did not pass its checks',
    'The event names check and contract. Correct the cause and run night again; mail of the next day waits for it.'
),
(
    'audit_failed', 'failed', false, 'The audit found something',
    'The event names check or contract. Find the cause before the next close; then clear the task, or run check.'
),
(
    'batch_set_aside', 'failed', false, 'A delivery was set aside',
    'Ask the site to scan it again. A changed delivery is taken in by the next run.'
),
(
    'out_of_balance', 'failed', false, 'A site day is out of balance',
    'The event names both totals. Nothing was written. Correct the cause and run close again.'
),
(
    'expectations', 'failed', false, 'The day''s data do not meet all expectations',
    'Open the day''s report; it lists what was expected and what is there.'
),
(
    'manifest', 'failed', false, 'A manifest cannot be read',
    'Ask the site for its manifest again; the day does not close without it.'
),
(
    'misnamed_day', 'failed', true, 'A folder of the inbox is no day',
    'Have it renamed to YYYY-MM-DD: nothing in it is taken in.'
),
(
    'manifest_changed', 'failed', true, 'A manifest was changed after the close',
    'Ask the site which one is right; the first one stands.'
),
(
    'watch_failed', 'failed', false, 'Nobody can see whether something is late',
    'Read the reason in events; run alerts again when it is corrected.'
),
(
    'airflow', 'failed', false, 'Airflow does not stay up',
    'Read the log that the event names, then start it again with make up.'
),
(
    'alerts_unsent', 'failed', true, 'Alerts do not go out',
    'Check the mail server or the webhook; what waits is sent when they answer again.'
),
(
    'late', 'late', true, 'Mail was not through by the cut-off',
    'Look at status: is a task red or the site still delivering? Call the site for what it announced.'
),
(
    'late_night', 'late', true, 'A night has not been run by its hour',
    'Look at status for what its close waits for; then run close and night.'
),
(
    'untaken', 'late', false, 'Something in the inbox is not taken in',
    'The event names it and why. Have the site rename it, or set its done marker; or remove it.'
),
(
    'inbox_away', 'failed', true, 'The inbox is away',
    'Mount its share, or correct LOCKBOX_INBOX; the next run takes in what waits.'
),
(
    'claimed_twice', 'failed', false, 'Two deliveries claim one batch',
    'The event names both. Keep one; have the site send the other under a number of its own.'
),
(
    'quote_withdrawn', 'customers', false, 'A payoff quote no longer holds',
    'Give the customer a new quote.'
),
(
    'silent_site', 'late', true, 'A site has sent nothing',
    'Call the site. If there was no mail, have it send an empty manifest, or acknowledge the event.'
),
(
    'usual_mail', 'late', true, 'Mail that usually comes has not come',
    'Call the site: was the box emptied and scanned? If there was none, acknowledge the event.'
),
(
    'close_waits', 'people', true, 'A close waits for a person',
    'Run differences; find what is missing, or accept it with accept-difference.'
),
(
    'open_differences', 'people', true, 'A day was closed with open differences',
    'Run differences; have the paper delivered with settles, or accept what is missing.'
),
(
    'settles_nothing', 'people', true, 'A delivery settles nothing',
    'Ask the site which batches it meant, then acknowledge.'
),
(
    'statement', 'customers', false, 'A statement could not be made',
    'The event names the balance that differs; correct it.'
),
(
    'print', 'customers', false, 'A print run could not be made',
    'Read the reason in events; it is made with the next run.'
),
(
    'bounce', 'customers', false, 'A customer''s address does not work',
    'Ask the customer for another address.'
),
(
    'unknown_bounce', 'customers', false, 'A bounced message belongs to no notice',
    'Look at it, then acknowledge.'
),
(
    'notice', 'customers', false, 'A notice did not go out',
    'Tell the customer another way, then acknowledge.'
),
(
    'lien_overdue', 'customers', false, 'A lien release is overdue',
    'Release it today; the state''s limit has passed.'
),
(
    'lien_returned', 'customers', false, 'A released lien''s payment came back',
    'Decide about the title, then acknowledge.'
),
(
    'payoff', 'customers', false, 'A payoff waits for a person',
    'Look at the contract and decide.'
),
(
    'payoff_returned', 'customers', false, 'A payoff was returned',
    'Look at the contract, then acknowledge.'
),
(
    'refund', 'customers', false, 'A refund needs a person',
    'Look at refunds, then acknowledge.'
),
(
    'unclaimed', 'customers', false, 'Unclaimed money is due to a state',
    'Report and pay it to the state; it is not paid by itself.'
),
(
    'reprint', 'customers', true, 'A print file was made again in other words',
    'Tell the mail house which one counts, then acknowledge.'
),
(
    'contract', 'customers', false, 'A contract needs a person',
    'Do what the event says, then acknowledge.'
),
(
    'quotes_expired', 'customers', true, 'Payoff quotes expired',
    'Nothing.'
),
(
    'alert_test', 'failed', true, 'This is a test',
    'Nothing: it shows that alerts reach you.'
);

-- One thing to tell of an event, written by the transaction that notes or closes the event.
create table alert (
    alert_id bigint generated always as identity primary key,
    event_id bigint not null references ops_event,
    phase text not null check (phase in ('opened', 'reminder', 'closed')),
    number int not null default 1, -- of the reminder
    at timestamptz not null,
    routed_at timestamptz, -- when it became messages, or nobody was to be told any more
    unique (event_id, phase, number)
);
create index alert_unrouted on alert (event_id) where routed_at is null;

create function note_alert() returns trigger language plpgsql
security definer set search_path = public, pg_temp as $$
begin
    if new.severity = 'info' then
        return new;
    end if;
    if tg_op = 'INSERT' then
        insert into alert (event_id, phase, at) values (new.event_id, 'opened', new.at);
    end if;
    if new.closed_at is not null and (tg_op = 'INSERT' or old.closed_at is null) then
        insert into alert (event_id, phase, at) values (new.event_id, 'closed', new.closed_at);
    end if;
    return new;
end $$;
create trigger note_alert_opened after insert on ops_event for each row execute function note_alert();
create trigger note_alert_closed after update of closed_at on ops_event
for each row execute function note_alert();

-- What goes out: one message to one address, with one alert or, where many come at once, all of them. The key stays the
-- same however often it is sent, so that who gets it twice can tell.
create table alert_message (
    message_id bigint generated always as identity primary key,
    key uuid not null unique default gen_random_uuid(),
    route text not null,
    channel text not null check (channel in ('email', 'webhook')),
    address text not null, -- of email; empty for the webhook, whose address is a setting
    subject text not null,
    body text not null, -- of email: text; of the webhook: JSON
    made_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'sent', 'refused', 'expired')),
    tries int not null default 0,
    next_try_at timestamptz not null,
    ended_at timestamptz,
    detail text not null default '', -- what was answered last
    check ((state = 'waiting') = (ended_at is null))
);
create index alert_message_waiting on alert_message (message_id) where state = 'waiting';

create table alert_message_item (
    message_id bigint not null references alert_message,
    alert_id bigint not null references alert,
    primary key (message_id, alert_id)
);
create index alert_message_item_alert on alert_message_item (alert_id);

-- When somebody last looked for what is late, and when all that could go out had gone.
create table alert_sweep (
    is_newest boolean primary key default true check (is_newest),
    swept_at timestamptz not null
);
