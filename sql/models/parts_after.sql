-- The next stored parts, in the order in which they were kept.
-- Grain: one row a part. Parameters: after (a row id), most.
select
    rowid,
    hash,
    body
from parts
where rowid > $after
order by rowid
limit $most
