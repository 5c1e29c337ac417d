-- Starts the account of a day.
-- Grain: one row. Parameters: day.
insert into usage (day)
values ($day)
on conflict (day) do nothing
