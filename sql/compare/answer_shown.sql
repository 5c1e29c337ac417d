-- What a system answered to one item. Tables: answers. Parameters: item_id.
select
    output,
    system,
    unscored_reason,
    call_key
from answers
where item_id = $item_id
