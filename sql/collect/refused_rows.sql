-- What a person is told of each refused row.
-- Grain: one row a refused line. Tables: rows, refused (line, rule, reason).
select
    rows.source,
    rows.line,
    rows.chunk,
    refused.rule,
    refused.reason,
    rows.excerpt
from refused
inner join rows using (line)
order by rows.line
