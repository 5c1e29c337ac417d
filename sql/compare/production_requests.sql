-- The sampled production requests, as every system is asked them: without what the production system answered.
-- Grain: one row a sampled trace. Tables: sample.
select
    trace_id as item_id,
    'production' as source,
    cluster,
    stratum,
    split,
    weight,
    stratum_population,
    messages
from sample
order by item_id
