-- What production answered to the sampled requests, ready to be judged.
-- Grain: one row a sampled trace. Tables: sample.
select
    trace_id as item_id,
    messages,
    output
from sample
order by item_id
