-- Keeps a message or a set of parameters, once.
-- Grain: one row. Parameters: hash, body.
insert into parts (hash, body)
values ($hash, $body)
on conflict (hash) do nothing
