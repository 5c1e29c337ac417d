-- Clusters that sit in more than one split: what was learnt from would then be measured on. No row means disjoint.
-- Grain: one row a cluster at fault. Tables: rows (cluster, split).
select
    cluster,
    string_agg(distinct split, ', ' order by split) as splits,
    count(*) as row_count
from rows
group by cluster
having count(distinct split) > 1
order by cluster
