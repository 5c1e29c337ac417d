-- The `trace_id`, `tenant` or `cluster` is longer than 200 characters.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where len(trace_id) > 200
    or len(cluster) > 200
