-- What calls take, so that a day's limits hold for all processes. Money is in billionths of a US dollar: sums stay exact.
-- Grain: one row a UTC day. What is reserved is the upper bound of what is under way; a killed process's stays counted.
create table usage (
    day text primary key,
    calls integer not null default 0,
    tokens integer not null default 0,
    nano_usd integer not null default 0,
    reserved_calls integer not null default 0,
    reserved_tokens integer not null default 0,
    reserved_nano_usd integer not null default 0
) without rowid
