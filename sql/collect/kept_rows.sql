-- The traces of a file, in the order of its lines.
-- Grain: one row a trace. Tables: rows (the readable traces of one file), refused (line), repeated (line).
select
    trace_id,
    timestamp,
    tenant,
    cluster,
    system,
    outcome,
    messages,
    output,
    after,
    metadata,
    row_hash,
    source,
    line
from rows
anti join refused using (line)
anti join repeated using (line)
order by line
