-- Lines that tell of a trace which another line of the file tells of too; `conflict` says that the content is another.
-- The latest by its time is kept, then one with an outcome, then the one with the least hash: no order of lines decides.
-- Grain: one row a dropped line. Tables: rows (the readable traces of one file), refused.
with accepted as (
    select
        trace_id,
        timestamp,
        outcome,
        row_hash,
        line
    from rows
    anti join refused using (line)
),

repeated as (
    select trace_id
    from accepted
    group by trace_id
    having count(*) > 1
),

ranked as (
    select
        line,
        row_hash,
        row_number() over best_first as place,
        first_value(row_hash) over best_first as kept_hash
    from accepted
    inner join repeated using (trace_id)
    window best_first as (
        partition by trace_id
        order by timestamp desc nulls last, outcome is null, row_hash, line
    )
)
select
    line,
    row_hash <> kept_hash as conflict
from ranked
where place > 1
order by line
