-- The first refused rows of each reason, for people to look at.
-- Grain: one row a refused row, `most` at most. Tables: quarantine. Parameters: most.
select
    source,
    line,
    reason,
    excerpt
from quarantine
order by row_number() over (partition by reason order by source, line), reason, source, line
limit $most
