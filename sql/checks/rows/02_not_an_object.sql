-- The row is not a JSON object.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where kind <> 'OBJECT'
