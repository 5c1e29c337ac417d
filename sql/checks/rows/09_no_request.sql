-- No user message comes before the answer.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where not has_request
