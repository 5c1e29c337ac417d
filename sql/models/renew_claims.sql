-- Says that an owner is alive.
-- Grain: the owner's claims. Parameters: owner, expires_at.
update claims
set expires_at = $expires_at
where owner = $owner
