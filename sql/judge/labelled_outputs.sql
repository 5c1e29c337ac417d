-- The outputs that experts have labelled, with the split of their tenant.
-- Grain: one row a labelled trace. Tables: traces (distinct by trace_id), labels.
with labelled as (
    select distinct item_id
    from labels
)
select
    traces.trace_id as item_id,
    traces.cluster,
    traces.messages,
    traces.output
from traces
inner join labelled on traces.trace_id = labelled.item_id
qualify row_number() over (partition by traces.trace_id order by traces.row_hash) = 1
order by item_id
