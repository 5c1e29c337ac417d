-- The labels in force: of one annotator's labels of an item and criterion the latest, by its time and then as it came.
-- A label without a time counts as given when it came: after every label that was there already.
-- Grain: one row an item, annotator and criterion.
create view in_force as
with timed as (
    select
        *,
        case labelled_at
            when '' then max(labelled_at) over (partition by item_id, annotator, criterion order by id)
            else labelled_at
        end as counts_from
    from given
),

ranked as (
    select
        *,
        row_number() over (partition by item_id, annotator, criterion order by counts_from desc, id desc) as place
    from timed
)

select
    item_id,
    annotator,
    criterion,
    value,
    critique,
    rubric_hash,
    labelled_at
from ranked
where place = 1
