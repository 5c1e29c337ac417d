-- How many rows were refused at the door, and why; the most frequent reason first.
-- Grain: one row a reason. Tables: quarantine.
select
    reason,
    count(*) as rows_refused
from quarantine
group by reason
order by rows_refused desc, reason
