-- The labels in force, in one order.
-- Grain: one row an item, annotator and criterion.
select
    item_id,
    annotator,
    criterion,
    value,
    critique,
    rubric_hash,
    labelled_at
from in_force
order by item_id, criterion, annotator
