-- The row is longer than 4 million bytes.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where is_too_long
