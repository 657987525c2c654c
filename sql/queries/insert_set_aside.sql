-- Something received that cannot be used; noting it again changes nothing.
insert into set_aside (site_id, business_date, batch_no, file, record, field, reason, refused, noted_at)
values (:site, :day, :batch_no, :file, :record, :field, :reason, :refused, :as_of)
on conflict do nothing
