-- What two systems answered to the same requests; null where one has no answer.
-- Grain: one row a request. Tables: current_outputs, candidate_outputs.
select
    coalesce(current_outputs.item_id, candidate_outputs.item_id) as item_id,
    coalesce(current_outputs.messages, candidate_outputs.messages) as messages,
    current_outputs.output as current_output,
    candidate_outputs.output as candidate_output
from current_outputs
full outer join candidate_outputs on current_outputs.item_id = candidate_outputs.item_id
order by item_id
