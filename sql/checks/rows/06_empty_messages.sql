-- The list of `messages` is empty.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where conversation_kind = 'ARRAY'
    and len(roles) = 0
