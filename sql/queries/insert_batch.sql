-- A received batch.
insert into batch (
    site_id, business_date, batch_no, box, source_kind, source_name, content_sha256, received_at, effective_date,
    declared_envelopes, declared_documents, declared_images, declared_cents, images, settles,
    captured_at
)
values (
    :site, :day, :batch_no, :box, :source_kind, :source_name, :content_sha256, :received_at, :effective_date,
    :declared_envelopes, :declared_documents, :declared_images, :declared_cents, :images, :settles,
    :as_of
)
returning batch_id
