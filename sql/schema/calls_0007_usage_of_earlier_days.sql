-- What earlier days cost, counted before calls and tokens were.
-- Grain: one row a UTC day.
insert into usage (day, nano_usd, reserved_nano_usd)
select
    day,
    settled,
    reserved
from spending
