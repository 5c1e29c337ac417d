-- A training row that must not be one: from another split than train, or a benchmark request.
-- Grain: one row an offence; none is right. Tables: training_rows, sample, synthetic, benchmark.
with splits as (
    select
        trace_id as item_id,
        split
    from sample
    union all
    select
        item_id,
        split
    from synthetic
)

select
    training_rows.item_id,
    coalesce(splits.split, 'unknown') as split
from training_rows
left join splits on training_rows.item_id = splits.item_id
where
    splits.split is distinct from 'train'
    or training_rows.item_id in (select item_id from benchmark)
    or training_rows.asked in (select asked from benchmark)
order by training_rows.item_id
