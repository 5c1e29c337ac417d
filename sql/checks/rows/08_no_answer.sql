-- There is no answer: no `output`, and no assistant message that holds text.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where output is null
