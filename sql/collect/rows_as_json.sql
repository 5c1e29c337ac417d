-- The rows of a Parquet file, or of a user's select, as one JSON text each.
-- Grain: one row a row. Tables: source_rows, of any columns.
select to_json(source_rows)::varchar as text
from source_rows
