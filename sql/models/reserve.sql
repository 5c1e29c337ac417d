-- Sets an amount aside if the day's limit allows it; changes no row otherwise.
-- Grain: one row. Parameters: day, amount, day_limit (billionths of a US dollar; null for no limit).
update spending
set reserved = reserved + $amount
where day = $day
    and ($day_limit is null or settled + reserved + $amount <= $day_limit)
