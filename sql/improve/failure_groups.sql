-- Where production fails most: failures by criterion and stratum, with the words of a few.
-- Grain: one row a shown failure, `per_group` at most for each of the `groups` largest groups; `group_rank` orders the
-- groups by the production requests that their failures stand for. Tables: failures. Parameters: gate, groups, per_group.
with grouped as (
    select
        criterion,
        stratum,
        count(*) as failures,
        sum(weight) as of_production
    from failures
    group by criterion, stratum
),

ranked as (
    select
        criterion,
        stratum,
        failures,
        row_number() over (order by criterion <> $gate, of_production desc, criterion, stratum) as group_rank
    from grouped
)

select
    ranked.group_rank,
    ranked.criterion,
    ranked.stratum,
    ranked.failures,
    failures.trace_id,
    failures.messages,
    failures.output,
    failures.critique
from ranked
inner join failures on ranked.criterion = failures.criterion and ranked.stratum = failures.stratum
where ranked.group_rank <= $groups
qualify row_number() over (partition by ranked.group_rank order by md5(failures.trace_id)) <= $per_group
order by ranked.group_rank, md5(failures.trace_id)
