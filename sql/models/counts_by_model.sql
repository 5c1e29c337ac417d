-- How many replies are kept, and what they cost when they were made; one that is damaged costs nothing.
-- Grain: one row a model.
select
    model,
    count(*) as replies,
    sum(coalesce(json_extract(case when json_valid(reply) then reply end, '$.cost_usd'), 0)) as cost_usd
from replies
group by model
order by model
