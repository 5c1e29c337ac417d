-- Lines of JSON written in one way (escapes such as \u0040 become the characters that they stand for), so that what
-- looks for personal data sees it. A line that is not JSON stays as it is.
-- Grain: one row a line. Tables: lines (line, text). Parameters: longest (bytes; a longer line stays as it is).
select
    line,
    case when strlen(text) <= $longest and json_valid(text) then json(text)::varchar else text end as text
from lines
order by line
