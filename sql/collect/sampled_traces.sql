-- The drawn traces whole. Which file and line a trace came from is left out: it must not change the sample.
-- Grain: one row a drawn trace. Tables: traces, drawn (with its split).
select
    traces.* exclude (source, line),
    drawn.stratum,
    drawn.stratum_population,
    drawn.group_size,
    drawn.pi,
    drawn.weight,
    drawn.split
from traces
inner join drawn
    on traces.trace_id = drawn.trace_id
    and traces.row_hash = drawn.row_hash
qualify row_number() over (partition by traces.trace_id order by traces.source, traces.line) = 1
order by traces.trace_id
