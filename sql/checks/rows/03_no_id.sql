-- The trace has no id: `trace_id` must be a text or a whole number.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where coalesce(trim(trace_id), '') = ''
    or id_kind not in ('VARCHAR', 'UBIGINT', 'BIGINT')
