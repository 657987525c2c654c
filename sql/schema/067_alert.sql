-- Alerts: what people elsewhere are told of operations events, by email and webhook: once per cause, again as a
-- reminder, and when the cause is gone.

insert into ops_event_kind values
('silent_site', false, 'mail of the day comes, or a person acknowledges it'),
('usual_mail', false, 'mail of the box comes, or a person acknowledges it'),
('close_waits', true, 'what is missing is accepted or comes, or the day is closed'),
('night_failed', true, 'the step of the night is done'),
('audit_failed', true, 'the part of the audit passes, this week or later'),
('late_audit', true, 'that week, or a later one, is audited'),
('watch_failed', true, 'the look at it succeeds'),
('airflow', true, 'Airflow runs again'),
('alerts_unsent', true, 'alerts go out again'),
('alert_test', true, 'the test has been sent');

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
    'stage_failed', 'failed', false, 'A processing step failed',
    'Read the reason in `events` and correct it. The next run tries again; or run its verb now, such as `post`.'
),
(
    'task_failed', 'failed', false, 'An Airflow task failed',
    'Open the red task in Airflow; its log gives the cause. Correct it, then clear the task.'
),
(
    'night_failed', 'failed', false, 'The night failed its checks',
    '`events` names check and contract. Correct the cause, then run `night`; the next night waits for it.'
),
(
    'audit_failed', 'failed', false, 'The weekly audit found an exception',
    '`events` names check or contract. Find the cause before the next close; then clear the task in Airflow.'
),
(
    'late_audit', 'late', true, 'The weekly audit was not run on time',
    'Trigger the DAG Weekly audit in Airflow. To look at all contracts at once, run `check` with --replay 0.'
),
(
    'batch_set_aside', 'failed', false, 'A delivery could not be used',
    'It was not posted. Read the reason in `events`; have the site correct it and send it again.'
),
(
    'out_of_balance', 'failed', false, 'A site day is out of balance',
    'Nothing was closed. `events` names both totals: find the difference, correct it, and run `close` again.'
),
(
    'expectations', 'failed', false, 'The day''s data failed validation',
    'Open the day''s report: it lists each expectation and the rows that fail it.'
),
(
    'manifest', 'failed', false, 'A manifest cannot be read',
    'Have the site send its manifest again: the day does not close without it.'
),
(
    'misnamed_day', 'failed', true, 'An inbox folder is not named for a day',
    'Nothing in it is processed. Have the folder renamed to YYYY-MM-DD.'
),
(
    'manifest_changed', 'failed', true, 'A manifest was changed after the close',
    'The first one stands. Ask the site which is right; mail that is missing comes as a new batch.'
),
(
    'resolution', 'failed', true, 'A person''s decision could not be posted',
    'The item waits again. Read the reason in events, then decide it again.'
),
(
    'watch_failed', 'failed', false, 'A check for late work failed',
    'Until it works, nobody is told of late work. Read the reason in `events`, correct it, and run `alerts`.'
),
(
    'airflow', 'failed', false, 'Airflow does not stay up',
    'No mail is being processed. Read the log that the event names, then start Airflow again with make up.'
),
(
    'alerts_unsent', 'failed', true, 'Alerts are not going out',
    'Check the mail server or webhook. Waiting alerts go out once it answers; until then see `status`.'
),
(
    'late', 'late', true, 'Mail was not fully processed by the cut-off',
    'Run `status`. If a task failed, correct it; if a delivery is missing, call the site for it.'
),
(
    'late_night', 'late', true, 'The night was not run on time',
    'Run `status` to see which site day is still open and why; then run `close` and `night`.'
),
(
    'untaken', 'late', false, 'Something in the inbox is not being picked up',
    '`events` gives its name and the reason. Have the site rename it or add its done marker, or remove it.'
),
(
    'inbox_away', 'failed', true, 'The inbox cannot be reached',
    'No mail is being taken in. Mount its share, or correct LOCKBOX_INBOX; the next run takes in what waits.'
),
(
    'claimed_twice', 'failed', false, 'Two deliveries have the same batch number',
    '`events` names both. Keep one; have the site send the other under a number of its own.'
),
(
    'quote_withdrawn', 'customers', false, 'A payoff quote is no longer valid',
    'Tell the customer, and make a new quote with `payoff`.'
),
(
    'silent_site', 'late', true, 'A site has sent no mail',
    'Call the site. If it had no mail, have it send a manifest without batches, or run `acknowledge`.'
),
(
    'usual_mail', 'late', true, 'Mail that usually arrives has not arrived',
    'Call the site: was the box emptied and scanned? If it was empty, run `acknowledge`.'
),
(
    'close_waits', 'people', true, 'The close of a day is waiting for a person',
    'Run `differences`. Have what is missing delivered, or accept it with `accept-difference`.'
),
(
    'open_differences', 'people', true, 'A day was closed with open differences',
    'Run `differences`. Have the paper delivered in a batch that settles it, or run `accept-difference`.'
),
(
    'settles_nothing', 'people', true, 'A late delivery names a batch that misses nothing',
    'Ask the site which batch it meant: the delivery may be a duplicate. Then run `acknowledge`.'
),
(
    'statement', 'customers', false, 'A statement could not be made',
    '`events` names the balance that differs: compare it with `contract show`. It is made once they agree.'
),
(
    'print', 'customers', false, 'A statement could not be printed',
    'Read the reason in `events` and correct it. The next run prints it.'
),
(
    'bounce', 'customers', false, 'Mail to a customer came back',
    'Ask the customer for a current address and record it with `contact`.'
),
(
    'unknown_bounce', 'customers', false, 'Returned mail matches none of our notices',
    'Open the file that the event names: if a customer wrote, answer. Then run `acknowledge`.'
),
(
    'notice', 'customers', false, 'A notice to a customer was not delivered',
    'Reach the customer another way, then run `acknowledge`.'
),
(
    'lien_overdue', 'customers', false, 'A lien release is overdue',
    'The state''s deadline has passed. Release it today and record it with `contract release-lien`.'
),
(
    'lien_returned', 'customers', false, 'A paid-off contract owes again, and its lien is affected',
    'Read the event. If the title is still here, keep it; if not, ask legal. Then run `acknowledge`.'
),
(
    'payoff', 'customers', false, 'A payoff check was short',
    'It was posted as an ordinary payment. Tell the customer what is still owed; `payoff` makes a new quote.'
),
(
    'payoff_returned', 'customers', false, 'A payoff check was returned',
    'The contract is open again. Tell the customer what is owed (`contract show`), then run `acknowledge`.'
),
(
    'refund', 'customers', false, 'A refund went out for a check that came back',
    'If it is not paid yet, run `stop-refund`; if it is, the contract owes it. Then run `acknowledge`.'
),
(
    'unclaimed', 'customers', false, 'Unclaimed money is due to a state',
    'Report and pay it to the state; it is not paid by itself. `refunds` lists the days.'
),
(
    'reprint', 'customers', true, 'A print file was made again in other words',
    'Tell the mail house which one counts, then run `acknowledge`.'
),
(
    'contract', 'customers', false, 'A contract needs action',
    'Do what the event says, then run `acknowledge`.'
),
(
    'quotes_expired', 'customers', true, 'Payoff quotes expired',
    'Nothing to do.'
),
(
    'alert_test', 'failed', true, 'This is a test',
    'Nothing to do: alerts reach you.'
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
    address text not null, -- empty for the webhook whose address is a setting
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
