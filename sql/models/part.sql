-- A message or a set of parameters, as canonical JSON.
-- Grain: one row. Parameters: hash.
select
    body
from parts
where hash = $hash
