-- The replies that pruning would take, and what they hold.
-- Grain: one row. Parameters: before (a time; null for any age), model (a glob; null for any).
select
    count(*) as replies,
    coalesce(sum(length(key) + length(messages) + length(reply)), 0) as bytes
from replies
where ($before is null or kept_at < $before)
    and ($model is null or model glob $model)
    and key not in (select key from claims)
