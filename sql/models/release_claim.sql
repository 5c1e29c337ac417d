-- Gives a call back, done or not.
-- Grain: one row. Parameters: key, owner.
delete from claims
where key = $key
    and owner = $owner
