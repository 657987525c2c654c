-- A difference by name; noting it again changes nothing.
insert into difference (
    site_id, business_date, batch_no, kind, record, declared, counted, text, noted_at
)
values (
    :site_id, :business_date, :batch_no, :kind, :record, :declared, :counted, :text, :as_of
)
on conflict do nothing
