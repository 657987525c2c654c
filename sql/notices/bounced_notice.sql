-- A notice that was sent bounced.
insert into notice_outcome (notice_id, try_no, outcome, detail, at)
values (:notice_id, :try_no, 'bounced', :reason, :as_of)
on conflict do nothing
