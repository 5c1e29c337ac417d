-- Every call that somebody said to be making, whether they still are or not.
-- Grain: one row a call.
select
    key,
    owner,
    expires_at
from claims
