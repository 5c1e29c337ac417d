-- What calls cost, in billionths of a US dollar, so that sums stay exact.
-- Grain: one row a UTC day. `reserved` is the upper bound of what is under way; that of a killed process stays counted.
create table spending (
    day text primary key,
    settled integer not null default 0,
    reserved integer not null default 0
) without rowid
