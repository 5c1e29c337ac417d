-- Starts the account of a day.
-- Grain: one row. Parameters: day.
insert into spending (day)
values ($day)
on conflict (day) do nothing
