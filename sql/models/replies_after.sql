-- The next kept replies, in the order in which they were first kept.
-- Grain: one row a reply. Parameters: after (a row id), most.
select
    rowid,
    key,
    reply
from replies
where rowid > $after
order by rowid
limit $most
