-- Which labelled outputs a judge's prompt shows: as many failures as passes where there are enough, in the order of a
-- hash, so that a new label changes few of them. An example needs a critique: without one it teaches nothing.
-- Grain: one row an example. Tables: labelled_outputs, majority_labels. Parameters: criterion, size, split.
with candidates as (
    select
        labelled_outputs.item_id,
        labelled_outputs.messages,
        labelled_outputs.output,
        majority_labels.value,
        majority_labels.critique,
        md5(labelled_outputs.item_id) as place,
        row_number() over (partition by majority_labels.value order by md5(labelled_outputs.item_id)) as rank
    from labelled_outputs
    inner join majority_labels on labelled_outputs.item_id = majority_labels.item_id
    where
        majority_labels.criterion = $criterion
        and majority_labels.critique is not null
        and labelled_outputs.split = $split
)
select
    item_id,
    messages,
    output,
    value,
    critique
from candidates
qualify row_number() over (order by rank, value, place) <= $size
order by place
