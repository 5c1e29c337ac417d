-- The same requests through both systems, with what the judge said of each; null where a side is unscored.
-- Grain: one row a request and criterion. Tables: requests, current_verdicts, candidate_verdicts.
with verdicts as (
    select
        item_id,
        criterion,
        'current' as side,
        value
    from current_verdicts
    union all
    select
        item_id,
        criterion,
        'candidate' as side,
        value
    from candidate_verdicts
)

select
    verdicts.criterion,
    requests.item_id,
    requests.cluster,
    requests.stratum,
    requests.stratum_population,
    requests.weight,
    max(case verdicts.value when 'pass' then 1.0 when 'fail' then 0.0 end)
        filter (where verdicts.side = 'current') as current,
    max(case verdicts.value when 'pass' then 1.0 when 'fail' then 0.0 end)
        filter (where verdicts.side = 'candidate') as candidate
from requests
inner join verdicts on requests.item_id = verdicts.item_id
group by all
order by verdicts.criterion, requests.item_id
