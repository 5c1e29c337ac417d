-- The sampled traces with what the judge said of each, one criterion at a time; null where it is unscored.
-- Grain: one row a sampled trace and criterion. Tables: sample, verdicts.
select
    verdicts.criterion,
    sample.trace_id as item_id,
    sample.cluster,
    sample.stratum,
    sample.stratum_population,
    sample.weight,
    case verdicts.value
        when 'pass' then 1.0
        when 'fail' then 0.0
    end as passed
from sample
inner join verdicts on sample.trace_id = verdicts.item_id
order by verdicts.criterion, sample.trace_id
