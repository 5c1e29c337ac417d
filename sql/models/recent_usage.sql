-- What a model's latest replies took: the ground for estimating the next ones.
-- Grain: one row; `replies` is 0 where there are none. Parameters: model.
with latest as (
    select
        reply
    from replies
    where
        model = $model
        and json_valid(reply)
    order by rowid desc
    limit 200
)
select
    count(*) as replies,
    avg(json_extract(reply, '$.prompt_tokens')) as prompt_tokens,
    avg(json_extract(reply, '$.completion_tokens')) as completion_tokens,
    avg(json_extract(reply, '$.latency_ms')) as latency_ms
from latest
