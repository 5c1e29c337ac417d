-- The reply to a call, where there is one.
-- Grain: one row. Parameters: key.
select
    reply
from replies
where key = $key
