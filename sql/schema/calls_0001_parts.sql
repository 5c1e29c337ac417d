-- A message or a set of parameters that a model was shown, once however many calls share it.
-- Grain: one row a part, by the hash of its canonical JSON. A blob, since real logs hold text that is not valid UTF-8.
create table parts (
    hash text primary key,
    body blob not null
)
