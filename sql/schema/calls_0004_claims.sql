-- Calls under way, so that two processes never make the same one.
-- Grain: one row a call. A claim whose owner died, or did not renew it until `expires_at` (Unix seconds), is free.
create table claims (
    key text primary key,
    owner text not null,
    expires_at real not null
) without rowid
