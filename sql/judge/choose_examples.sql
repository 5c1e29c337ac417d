-- Which labelled outputs a judge's prompt shows: those that come first in the order of a hash, so that they fail as often
-- as production does (half and half teaches a judge to expect failure) and that a new label changes few of them. An
-- example needs a critique: without one it teaches nothing.
-- Grain: one row an example. Tables: labelled_outputs, majority_labels. Parameters: criterion, size, split.
select
    labelled_outputs.item_id,
    labelled_outputs.messages,
    labelled_outputs.output,
    majority_labels.value,
    majority_labels.critique
from labelled_outputs
inner join majority_labels on labelled_outputs.item_id = majority_labels.item_id
where
    majority_labels.criterion = $criterion
    and majority_labels.critique is not null
    and labelled_outputs.split = $split
order by md5(labelled_outputs.item_id)
limit $size
