-- A contract's events, versions of its terms, payoff quotes, lien and refunds, up to an instant.
select
    e.effective_on,
    replace(e.kind, '_', ' ') || coalesce((
        select ': ' || string_agg(replace(f.key, '_', ' ') || ' ' || f.value, ', ' order by f.key)
        from jsonb_each_text(e.facts) as f
        where f.value is not null
    ), '') as what,
    e.reason,
    e.maker
from contract_event as e
where e.contract_id = :contract_id and e.noted_at <= :as_of
union all
select
    t.valid_from,
    'terms version ' || t.version || ': '
    || case when t.rate_ppm > 0 then to_char(t.rate_ppm / 10000.0, 'FM990.0099') || '%, ' else '' end
    || 'installments from ' || t.from_no || ' on',
    coalesce('known since ' || to_char(t.noted_at, 'YYYY-MM-DD'), 'as taken over'),
    ''
from contract_terms as t
where t.contract_id = :contract_id and t.version > 1 and (t.noted_at is null or t.noted_at <= :as_of)
union all
select
    q.quoted_on,
    'payoff quote ' || q.quote_id || ': ' || q.amount_cents / 100 || '.' || lpad((q.amount_cents % 100)::text, 2, '0')
    || ' good through ' || q.good_through,
    coalesce(
        q.ending || ' ' || q.ended_on,
        case when q.good_through < cast(:as_of as timestamptz)::date then 'run out' else 'stands' end
    ),
    q.made_by
from payoff_quote as q
where q.contract_id = :contract_id and q.made_at <= :as_of
union all
select
    t.tendered_on,
    'payoff of ' || t.amount_cents / 100 || '.' || lpad((t.amount_cents % 100)::text, 2, '0'),
    replace(t.result, '_', ' ')
    || case when t.short_cents > 0 then ' by ' || to_char(t.short_cents / 100.0, 'FM999999990.00') else '' end
    || case when t.over_cents > 0 then ', over by ' || to_char(t.over_cents / 100.0, 'FM999999990.00') else '' end,
    coalesce('quote ' || t.quote_id, 'what came')
from payoff_tender as t
where t.contract_id = :contract_id and t.noted_on <= cast(:as_of as timestamptz)::date
union all
select
    l.paid_on,
    'paid off: lien release due on ' || l.due_on,
    coalesce(
        'withdrawn ' || l.withdrawn_on, 'released ' || l.released_on,
        case when l.due_on < cast(:as_of as timestamptz)::date then 'OVERDUE' else 'to be released' end
    ),
    l.source
from lien_release as l
where l.contract_id = :contract_id and l.paid_on <= cast(:as_of as timestamptz)::date
union all
select
    s.taken_on,
    'refund ' || s.refund_no || ' of ' || to_char(s.amount_cents / 100.0, 'FM999999990.00') || ' to ' || r.payee_name
    || ': ' || s.state,
    coalesce(nullif(s.reason, ''), 'by ' || r.method),
    s.taken_by
from refund as r
inner join refund_state as s on r.refund_no = s.refund_no
where r.contract_id = :contract_id and s.taken_at <= :as_of
order by 1, 2
