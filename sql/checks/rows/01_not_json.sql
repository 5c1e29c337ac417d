-- The line is not JSON in UTF-8.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where kind is null
