-- What the people said of one item. Tables: labels. Parameters: item_id.
select
    annotator,
    criterion,
    value,
    critique
from labels
where item_id = $item_id
order by criterion, annotator
