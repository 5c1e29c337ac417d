-- The parts that no reply leads to once some are pruned, and what they hold.
-- Grain: one row. Parameters: before (null for any age, '' for no reply at all), model (a glob; null for any).
with staying as (
    select
        params,
        case when json_valid(messages) then messages else '[]' end as messages
    from replies
    where not (
        ($before is null or kept_at < $before)
        and ($model is null or model glob $model)
        and key not in (select key from claims)
    )
),
used as (
    select params as hash from staying
    union
    select each.value from staying cross join json_each(staying.messages) as each
)
select
    count(*) as parts,
    coalesce(sum(length(body)), 0) as bytes
from parts
where hash not in (select hash from used)
