-- The `timestamp` is not a date and time, or lies before the year 2000.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where written_time is not null
    and coalesce(not isfinite(timestamp) or timestamp < '2000-01-01 00:00:00+00'::timestamp with time zone, true)
