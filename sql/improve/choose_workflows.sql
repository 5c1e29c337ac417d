-- Which real workflows synthetic requests are written from. They ran in the seven days before `until`; their tenant has
-- two or more that did; every descriptor gives at least one; the rest is drawn by hash up to `size`.
-- Grain: one row a workflow. Tables: workflows. Parameters: until, size, seed.
with recent as (
    select
        workflow_id,
        tenant,
        descriptor,
        workflow,
        md5($seed || '|' || workflow_id) as place
    from workflows
    where
        last_run_at >= $until::timestamp - interval 7 day
        and last_run_at < $until::timestamp
),

qualified as (
    select *
    from recent
    qualify count(*) over (partition by tenant) >= 2
),

ranked as (
    select
        *,
        row_number() over (partition by descriptor order by place) as rank_in_descriptor
    from qualified
)

select
    workflow_id,
    tenant,
    descriptor,
    workflow
from ranked
qualify row_number() over (order by rank_in_descriptor > 1, place) <= greatest(
    $size, (select count(distinct descriptor) from qualified)
)
order by place
