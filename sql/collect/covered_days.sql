-- From when to when there are traces.
-- Grain: one row. Tables: traces.
select
    min(timestamp) as earliest,
    max(timestamp) as latest
from traces
