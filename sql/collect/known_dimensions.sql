-- What traces can be told apart by: the columns that hold something, and the keys of their metadata.
-- Grain: one row a name. Tables: traces.
with named as (
    select unnest(json_keys(metadata)) as name
    from traces
    union all
    select 'tenant' as name
    from traces
    where tenant is not null
    union all
    select 'system' as name
    from traces
    where system is not null
    union all
    select 'outcome' as name
    from traces
    where outcome is not null
)

select distinct name
from named
order by name
