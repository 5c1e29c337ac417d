-- The trace has no `messages`: they must be a list of chat messages.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where coalesce(conversation_kind, '') <> 'ARRAY'
