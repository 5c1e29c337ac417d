-- A message has no role, or one other than system, developer, user, assistant, tool or function.
-- Grain: one row a refused line. Tables: rows (collect/parse_rows).
select line
from rows
where not list_has_all(['system', 'developer', 'user', 'assistant', 'tool', 'function'], roles)
