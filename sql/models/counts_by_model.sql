-- How many replies are kept, and what they cost when they were made.
-- Grain: one row a model.
select
    model,
    count(*) as replies,
    sum(coalesce(json_extract(reply, '$.cost_usd'), 0)) as cost_usd
from replies
group by model
order by model
