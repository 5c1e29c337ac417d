-- The row cache: every good reply, with what it was a reply to.
-- Grain: one row a call, replicates apart. `messages` is a JSON list of part hashes; `reply` is the reply as JSON.
create table replies (
    key text primary key,
    model text not null,
    api_base text,
    replicate integer not null,
    params text not null,
    messages text not null,
    reply text not null,
    kept_at text not null
)
