-- The benched batches as posted, deposited and closed: what the night waits for.
insert into stage_run (scope, stage, fence, state, started_at)
select b.site_id || '/' || b.business_date || '/' || b.batch_no, s.stage, 1, 'done', :as_of
from batch as b cross join (values ('ingest'), ('read'), ('decide'), ('post')) as s (stage)
where b.site_id = :site and b.business_date = :day;

insert into day_close (site_id, business_date, totals, closed_at, state)
select
    :site, :day, jsonb_build_object('documents', :count, 'deposit_cents', d.amount_cents), :as_of, 'in_balance'
from make_deposit(:site, :day, :as_of) as d
