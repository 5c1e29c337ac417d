-- What a day's calls cost, and the bound of those that are under way or were killed.
-- Grain: one row. Parameters: day.
select
    settled,
    reserved
from spending
where day = $day
