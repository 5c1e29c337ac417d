-- One synthetic request as `flywheel show` prints it. Tables: synthetic_requests. Parameters: item_id.
select
    item_id,
    cluster as tenant,
    messages,
    descriptor,
    target
from synthetic_requests
where item_id = $item_id
