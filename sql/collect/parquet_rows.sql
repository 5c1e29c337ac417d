-- The rows of a Parquet file in its own order.
-- Grain: one row a row. Parameters: $file, its path.
select *
from read_parquet($file)
