-- What a day's requests took, and the bounds of those that are under way or were killed.
-- Grain: one row. Parameters: day.
select
    calls,
    tokens,
    nano_usd,
    reserved_calls,
    reserved_tokens,
    reserved_nano_usd
from usage
where day = $day
