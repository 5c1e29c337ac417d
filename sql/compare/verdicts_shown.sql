-- What the judge said of one item. Tables: verdicts. Parameters: item_id.
select
    criterion,
    value,
    critique,
    unscored_reason,
    judge,
    call_key
from verdicts
where item_id = $item_id
order by criterion
