-- The labelled outputs on which a judge is held against the people: no example of a prompt is among them, and the test
-- split stays unread. Grain: one row a labelled output. Tables: labelled_outputs. Parameters: split.
select
    item_id,
    cluster,
    messages,
    output
from labelled_outputs
where split = $split
order by item_id
