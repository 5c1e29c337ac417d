-- The drawn groups: within a stratum with a probability proportional to their size, a fixed number of them, by order
-- sampling (Pareto sampling, Rosen 1997). A group that is larger than its share of the stratum is drawn for sure.
-- So every row of the window is as likely as any other to be spoken for, unless its group is drawn for sure.
-- Grain: one row a drawn trace. Tables: representatives, allocation (stratum, population, groups, sampled).
with by_size as (
    select
        representatives.*,
        allocation.population,
        allocation.sampled,
        row_number() over largest_first as size_place,
        sum(representatives.group_size) over (
            largest_first
            rows between current row and unbounded following
        ) as rows_from_here
    from representatives
    inner join allocation using (stratum)
    window largest_first as (
        partition by representatives.stratum
        order by representatives.group_size desc, representatives.trace_id
    )
),

with_certainty as (
    select
        *,
        (sampled - size_place + 1) * group_size >= rows_from_here as is_certain
    from by_size
),

with_chances as (
    select
        *,
        case when is_certain then 1.0::double else
            (sampled - count(*) filter (where is_certain) over (partition by stratum)) * group_size
            / sum(group_size) filter (where not is_certain) over (partition by stratum)
        end as chance
    from with_certainty
)

select
    trace_id,
    row_hash,
    stratum,
    population as stratum_population,
    group_size,
    chance / group_size as pi,
    group_size / chance as weight
from with_chances
qualify row_number() over (
    partition by stratum
    order by not is_certain, place / (1 - place) * (1 - chance) / chance, trace_id
) <= sampled
order by trace_id
