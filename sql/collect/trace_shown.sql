-- One trace as `flywheel show` prints it. Tables: traces. Parameters: trace_id.
select
    trace_id,
    timestamp,
    tenant,
    system,
    outcome,
    messages,
    output,
    metadata,
    source,
    line
from traces
where trace_id = $trace_id
limit 1
