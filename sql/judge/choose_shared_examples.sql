-- Which labelled outputs a prompt with several criteria shows, and what the people say of each on every criterion: the
-- outputs are those that the gate's own judge would be shown, so that they are chosen once and shown once.
-- Grain: one row an example and criterion that has a majority with a critique. Tables: labelled_outputs,
-- majority_labels. Parameters: criterion (the gate), size, split.
with shown as (
    select
        labelled_outputs.item_id,
        labelled_outputs.messages,
        labelled_outputs.output,
        md5(labelled_outputs.item_id) as place
    from labelled_outputs
    inner join majority_labels on labelled_outputs.item_id = majority_labels.item_id
    where
        majority_labels.criterion = $criterion
        and majority_labels.critique is not null
        and labelled_outputs.split = $split
    order by place
    limit $size
)
select
    shown.item_id,
    shown.messages,
    shown.output,
    majority_labels.criterion,
    majority_labels.value,
    majority_labels.critique
from shown
inner join majority_labels on shown.item_id = majority_labels.item_id
where majority_labels.critique is not null
order by shown.place, majority_labels.criterion
