-- Who is making a call, and until when that is believed.
-- Grain: one row. Parameters: key.
select
    owner,
    expires_at
from claims
where key = $key
