-- One document of a batch.
insert into item (batch_id, envelope_id, sequence, front_sha256, back_sha256, carried, unusable)
select
    :batch,
    e.envelope_id,
    :sequence,
    :front,
    :back,
    cast(:carried as jsonb),
    :unusable
from envelope as e
where e.batch_id = :batch and e.envelope_no = :envelope_no
