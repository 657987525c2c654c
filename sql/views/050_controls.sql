-- Controls that do not hold and that nobody has accepted: the items under them wait.
create or replace view open_control as
select f.*
from failing_control as f
inner join batch as b on f.batch_id = b.batch_id
where
    not exists (
        select from difference as d
        inner join difference_acceptance as a on d.difference_id = a.difference_id
        where
            d.site_id = b.site_id
            and d.business_date = b.business_date
            and d.batch_no = b.batch_no
            and d.kind = 'control'
            and d.record = f.record
    );

-- Envelopes with a document under such a control: all of their documents wait.
create or replace view held_envelope as
select distinct
    i.batch_id,
    i.envelope_id
from open_control as o
inner join item as i on o.batch_id = i.batch_id and i.sequence between o.first_sequence and o.last_sequence;

-- Items that waited for a control and may go on: the engine decides them again, in the books of their own
-- day or, once that is closed, of the first one that is not. Those that a person works stay with that person.
create or replace view released_item as
select distinct
    i.item_id,
    i.batch_id
from failing_control as f
inner join batch as b on f.batch_id = b.batch_id
inner join item as i on f.batch_id = i.batch_id and i.sequence between f.first_sequence and f.last_sequence
inner join newest_decision(i.item_id) as d on d.maker = 'engine' and 'control_differs' = any(d.reasons)
where
    i.envelope_id not in (select h.envelope_id from held_envelope as h where h.batch_id = i.batch_id)
    and not exists (
        select from resolution_state as r where r.item_id = i.item_id and r.state in ('proposed', 'ready')
    );
