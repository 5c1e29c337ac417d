-- The people's labels of the outputs that a judge is held against, with the cluster of each.
-- Grain: one row an item, annotator and criterion. Tables: labels, outputs.
select
    labels.criterion,
    labels.item_id,
    labels.annotator,
    labels.value,
    outputs.cluster
from labels
inner join outputs on labels.item_id = outputs.item_id
order by labels.criterion, labels.item_id, labels.annotator
