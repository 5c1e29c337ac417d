-- Gives back all calls of an owner that stops.
-- Grain: the owner's claims. Parameters: owner.
delete from claims
where owner = $owner
