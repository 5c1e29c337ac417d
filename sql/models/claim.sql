-- Takes a call, or takes it over from an owner that is known to be gone.
-- Grain: one row. Parameters: key, owner, expires_at.
insert into claims (key, owner, expires_at)
values ($key, $owner, $expires_at)
on conflict (key) do update set
    owner = excluded.owner,
    expires_at = excluded.expires_at
