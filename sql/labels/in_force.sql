-- The labels in force: of one annotator's labels of an item and criterion the latest, by its time and then as it came.
-- Grain: one row an item, annotator and criterion.
select
    item_id,
    annotator,
    criterion,
    value,
    critique,
    rubric_hash,
    labelled_at
from (
    select
        *,
        row_number() over (
            partition by item_id, annotator, criterion
            order by labelled_at desc, id desc
        ) as place
    from given
)
where place = 1
order by item_id, criterion, annotator
