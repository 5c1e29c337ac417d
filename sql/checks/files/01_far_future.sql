-- The `timestamp` lies more than a year after nearly all others of its file (their 95th percentile).
-- One such row would move the window of every later sample to where there is nothing. Fewer than 20 rows show no bulk.
-- Grain: one row a refused line. Tables: rows (the readable traces of one file).
with bulk as (
    select quantile_disc(timestamp, 0.95) as late
    from rows
)
select line
from rows
cross join bulk
where timestamp > late + interval 366 days
order by line
