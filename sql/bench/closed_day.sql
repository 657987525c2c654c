-- The benched batch as posted, deposited and closed: what the night waits for.
insert into stage_run (scope, stage, fence, state, started_at)
select :site || '/' || cast(:day as date) || '/BENCH', s.stage, 1, 'done', :as_of
from (values ('ingest'), ('read'), ('decide'), ('post')) as s (stage);

insert into day_close (site_id, business_date, totals, closed_at)
select
    :site, :day, jsonb_build_object('documents', :count, 'deposit_cents', d.amount_cents), :as_of
from make_deposit(:site, :day, :as_of) as d
