-- How many rows each stratum's groups stand for.
-- Grain: one row a stratum. Tables: representatives.
select
    stratum,
    sum(group_size)::bigint as population,
    count(*) as groups
from representatives
group by stratum
order by stratum
