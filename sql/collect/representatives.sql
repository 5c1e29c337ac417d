-- One trace for each group of near-duplicates, each member equally likely, in the stratum of that trace. Where the
-- sample is too small for two of every stratum, the smallest strata are pooled as `(rest)`.
-- `place` in [0, 1) orders the draw; it has nothing to do with the choice of the member, or large groups would go first.
-- Grain: one row a group. Tables: population. Parameters: seed, size.
with chosen as (
    select
        trace_id,
        row_hash,
        stratum,
        group_size,
        ('0x' || md5($seed || ' draw ' || trace_id)[:13])::ubigint / pow(2, 52) as place
    from population
    qualify row_number() over (
        partition by near_duplicates
        order by md5($seed || ' member ' || trace_id), trace_id
    ) = 1
),

strata as (
    select
        stratum,
        row_number() over (order by sum(group_size) desc, stratum) as by_size,
        count(*) over () as strata_count
    from chosen
    group by stratum
)

select
    chosen.trace_id,
    chosen.row_hash,
    chosen.group_size,
    chosen.place,
    case
        when strata.strata_count <= $size // 2 or strata.by_size < $size // 2 then chosen.stratum
        else '(rest)'
    end as stratum
from chosen
inner join strata using (stratum)
order by chosen.trace_id
