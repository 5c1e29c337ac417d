-- What a call showed to its model, and the reply to it.
-- Grain: one row. Parameters: key.
select
    model,
    api_base,
    replicate,
    params,
    messages,
    reply
from replies
where key = $key
