-- Bank accounts known to have paid a contract: those loaded with it, and those of posted checks. A check returned by
-- its bank still shows who pays; one reversed for another reason was posted by mistake and shows nothing.
create or replace view payer_known as
select
    p.account_token,
    p.contract_id
from payer as p
union all
select
    s.account_token,
    s.contract_id
from payer_seen as s
where
    not exists (
        select
        from journal as j
        inner join journal as r on j.journal_id = r.reverses
        where
            j.item_id = s.item_id and j.source_kind = 'item'
            and not exists (
                select from journal as b
                where (b.source_kind, b.source_key) in (
                    ('deposit', 'returned/' || j.source_key), ('fee', 'returned_check/' || j.source_key)
                )
            )
    );
